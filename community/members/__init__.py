"""Who somebody is: accounts, sign-ins, what members see of each other, and forgetting them."""
