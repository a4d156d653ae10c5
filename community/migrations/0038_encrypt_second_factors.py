"""Encrypts what codes of authenticators and recovery codes are made from, where it was stored before they were encrypted."""

from django.db import migrations

from dropshop.core.encrypted import encrypt

CONTEXT = "mfa.authenticator.data"
SECRETS = {"totp": "secret", "recovery_codes": "seed"}


def encrypt_secrets(apps, schema_editor):
    Authenticator = apps.get_model("mfa", "Authenticator")
    for authenticator in Authenticator.objects.filter(type__in=SECRETS).iterator(chunk_size=500):
        secret = authenticator.data.get(SECRETS[authenticator.type], "")
        if secret and ":" not in secret:  # base32 and hexadecimal digits have none, what is encrypted has
            authenticator.data[SECRETS[authenticator.type]] = encrypt(secret, context=CONTEXT)
            authenticator.save(update_fields=["data"])


class Migration(migrations.Migration):

    dependencies = [
        ("community", "0037_e_mails_of_notices"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(encrypt_secrets, migrations.RunPython.noop)]
