"""Purchase requests: standing orders for a coming drop, carried out at its start by the rule of docs/fairness.md (F4)."""
