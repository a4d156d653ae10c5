"""allauth's forms with labels in the shop's words, each said once. What they check and what they do is allauth's."""

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms

LABELS = {
    "login": "Username or e-mail",
    "email": "E-mail address",
    "remember": "Stay signed in on this device",
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "New password again",
}


class Labelled(forms.Form):
    """Has these labels, by the names of fields, and no placeholder that repeats one; the other parent is allauth's form."""

    labels: ClassVar[Mapping[str, str]] = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


def _labelled(form: type[forms.Form]) -> type[forms.Form]:
    return type(form.__name__, (Labelled, form), {})


# As the settings name them (ACCOUNT_FORMS). Those that check something of ours are in the modules of what they check.
AddEmailForm = _labelled(allauth_forms.AddEmailForm)
ChangePasswordForm = _labelled(allauth_forms.ChangePasswordForm)
ConfirmLoginCodeForm = _labelled(allauth_forms.ConfirmLoginCodeForm)
LoginForm = _labelled(allauth_forms.LoginForm)
ReauthenticateForm = _labelled(allauth_forms.ReauthenticateForm)
RequestLoginCodeForm = _labelled(allauth_forms.RequestLoginCodeForm)
ResetPasswordForm = _labelled(allauth_forms.ResetPasswordForm)
ResetPasswordKeyForm = _labelled(allauth_forms.ResetPasswordKeyForm)
SetPasswordForm = _labelled(allauth_forms.SetPasswordForm)
