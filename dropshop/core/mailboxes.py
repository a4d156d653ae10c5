"""Which mailbox an e-mail address means, where its provider says which spellings are one. Nothing is guessed of any other."""

import unicodedata
from typing import NamedTuple


class Rule(NamedTuple):
    """What of a provider's local part makes no difference: what follows a "+", and these characters. Its domains are one."""

    domain: str
    ignored: str = ""


_GMAIL = Rule("gmail.com", ".")  # support.google.com/mail/answer/7436150; both domains are one account
_PROTON = Rule("proton.me", ".-_")  # proton.me/support/addresses-and-aliases; a name is one person's in all three
_TAGGED = (
    *("outlook.com", "hotmail.com", "live.com", "msn.com"),
    *("icloud.com", "me.com", "mac.com"),
    *("fastmail.com", "fastmail.fm"),
)
RULES = (
    dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL)
    | dict.fromkeys(("proton.me", "protonmail.com", "pm.me"), _PROTON)
    | {domain: Rule(domain) for domain in _TAGGED}
)


def mailbox_key(address: str) -> str:
    """The same for all spellings of one mailbox; of what is no address, the text in one case and width."""
    spelled = unicodedata.normalize("NFKC", address).strip().casefold()
    local, at, typed_domain = spelled.rpartition("@")
    if not at:
        return spelled
    domain = _ascii(typed_domain)
    if rule := RULES.get(domain):
        untagged = local.partition("+")[0] or local
        local, domain = untagged.translate(dict.fromkeys(map(ord, rule.ignored))) or local, rule.domain
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
