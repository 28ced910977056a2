"""The library's forms in our words, and one's own profile."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.urls import reverse_lazy

from teams.forms import Options, field_of
from teams.models import User
from teams.public_holidays import countries
from teams.zones import zone_names

ADVICE = "Ten characters or more, not like your name, and not one that everybody uses. A sentence does well."
TELEPHONE = RegexValidator(r"^[+0-9][0-9 ()./-]{2,30}$", "Give a telephone number such as +49 30 1234567.")


class _Worded:
    """`words`: a field to its label and help. The library's placeholders go: labels say what they said. `longest`:
    characters that a field takes."""

    words: dict[str, tuple[str, str]] = {}
    longest: dict[str, int] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.words:
                field.label, field.help_text = self.words[name]
            if name in self.longest:
                field.validators.append(MaxLengthValidator(self.longest[name]))
                field.widget.attrs["maxlength"] = self.longest[name]


class SignIn(_Worded, account.LoginForm):
    longest = {"login": 254}
    words = {"login": ("Username or e-mail address", ""), "password": ("Password", "")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Lets browsers offer passkeys in the same list as passwords, and telephones leave the name as it is typed.
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username webauthn",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class AskForPassword(_Worded, account.ResetPasswordForm):
    words = {"email": ("E-mail address", "The one that Watchbill writes to you at.")}


class NewPassword(_Worded, account.ResetPasswordKeyForm):
    words = {"password1": ("New password", ADVICE), "password2": ("New password again", "")}


class ChangePassword(_Worded, account.ChangePasswordForm):
    words = {
        "oldpassword": ("Present password", ""),
        "password1": ("New password", ADVICE),
        "password2": ("New password again", ""),
    }


class SetPassword(_Worded, account.SetPasswordForm):
    words = {"password1": ("Password", ADVICE), "password2": ("Password again", "")}


class ChangeAddress(_Worded, account.AddEmailForm):
    words = {"email": ("New e-mail address", "A link goes there. Until you open it, mail comes to the present one.")}


class ConfirmPassword(_Worded, account.ReauthenticateForm):
    words = {"password": ("Password", "")}


_CODE = "Six digits from your authenticator app, or one of your recovery codes."


class _Digits(_Worded):
    longest = {"code": 32}
    words = {"code": ("Code", _CODE)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}


class Code(_Digits, mfa.AuthenticateForm):
    pass


class ConfirmCode(_Digits, mfa.ReauthenticateForm):
    pass


class FirstCode(_Digits, ActivateTOTPForm):
    words = {"code": ("Code that the app shows", "Six digits. It proves that the app has the secret.")}


class AddPasskey(_Worded, AddWebAuthnForm):
    longest = {"name": 80}
    words = {
        "name": ("Name", "So that you know it again: “work laptop”, “blue key”."),
        "passwordless": (
            "Sign in with it alone",
            "Without a password. The device then asks for your finger, face or PIN. Leave it off for an older "
            "security key: it is a second step after the password.",
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True


class Profile(forms.ModelForm[User]):
    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        help_text="Times are shown in this zone. Automatic: the zone of the browser.",
        widget=Options,
    )
    phone = forms.CharField(
        required=False,
        max_length=32,
        label="Telephone",
        validators=[TELEPHONE],
        help_text="With the country in front. Shown to the people you work with.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    country = forms.ChoiceField(
        required=False,
        label="Public holidays of",
        help_text="Duty on these days weighs more. Not chosen: those of each schedule.",
        widget=forms.Select(
            attrs={"hx-get": reverse_lazy("teams:holidays"), "hx-trigger": "change", "hx-target": "#holidays"}
        ),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "phone", "time_zone", "country")
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A name that nobody would pick today stays choosable for whoever has it.
        names = sorted({*zone_names(), self.instance.time_zone} - {""})
        field_of(self, "time_zone", forms.ChoiceField).choices = [
            ("", "Automatic"),
            *((name, name.replace("_", " ")) for name in names),
        ]
        field_of(self, "country", forms.ChoiceField).choices = [("", "Not chosen"), *countries()]
