"""Triggers for tables of several rooms."""

import pgtrigger

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NEVER_EMPTIED = pgtrigger.Trigger(
    name="never_emptied",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'Cannot truncate the % table', TG_TABLE_NAME;",
)


def append_only_but(words: str) -> pgtrigger.Trigger:
    """Rows are appended and never changed, but that the words of this column are taken away when their member leaves."""
    return pgtrigger.Trigger(
        name="append_only",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=(
            f"IF TG_OP = 'UPDATE' AND NEW.{words} = '' AND to_jsonb(NEW) - '{words}' = to_jsonb(OLD) - '{words}' THEN "
            "RETURN NEW; END IF; "
            "RAISE EXCEPTION 'Cannot update or delete rows from % table', TG_TABLE_NAME;"
        ),
    )
