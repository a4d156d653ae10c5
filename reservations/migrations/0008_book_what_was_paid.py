"""The payments of before the ledger are booked, batch by batch, while people buy.

Processes of the version before go on selling meanwhile and book nothing: `manage.py book_payments` books what they left.
"""

from django.db import migrations

from reservations.payments.ledger.unbooked import book_unbooked

ACCOUNTS = {
    "authorised": ("Set aside at the provider", True),
    "authorisations": ("Set aside by shoppers", True),
    "provider": ("Taken by the provider for us", False),
    "sales": ("Sold to shoppers", False),
}


def book(apps, schema_editor):
    Account = apps.get_model("reservations", "LedgerAccount")
    accounts = [Account(code=code, title=title, clears=clears) for code, (title, clears) in ACCOUNTS.items()]
    Account.objects.using(schema_editor.connection.alias).bulk_create(accounts, ignore_conflicts=True)
    with schema_editor.connection.cursor() as cursor:
        book_unbooked(cursor)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reservations", "0007_ledger")]

    operations = [migrations.RunPython(book, migrations.RunPython.noop)]
