"""Typed settings, read once at start from ``SUN_*`` environment variables.

Every setting is a field of :class:`Settings`; its metadata holds the sentence that README's table
shows (``tests/house/test_settings_documented.py`` compares the two). A value that cannot be read stops
the start with :class:`BadSetting`, whose text is one sentence an operator can act on.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DEMO_SECRET = "sun-commune-demo-secret-not-for-real-use"  # noqa: S105 - public on purpose, refused outside the demo

#: In the demo these stand where an operator has given nothing: the story of 2017 is still shown with the masked name of
#: its family.
DEMO_VALUES: dict[str, Any] = {
    "help_phone": "0816-0000000（演示）",
    "gateways": "simulator",
    "mask_after_days": 36_500,
}


class BadSetting(SystemExit):
    """A setting that cannot be used; printed as one sentence, exit status 1."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"Sun Commune cannot start: {sentence}")


def setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True)
class Settings:
    """What an operator may set. Names are the environment variables without ``SUN_``, in lower case."""

    instance_path: str = setting("", "Folder of all state: database, uploads, keys. Default: `instance/`.")
    database_url: str = setting("", "`sqlite:///…` or `postgresql://…`. Default: SQLite in the instance folder.")
    secret_key: str = setting("", "Signs cookies. Default: made once and kept in the instance folder, mode 600.")
    field_key: str = setting(
        "",
        "32 bytes as 64 hex digits; encrypts families' fields and second steps. Default: made once in `keys/`.",
    )
    field_key_old: str = setting("", "The former field key, kept until `flask households rotate-key` has run.")
    demo: bool = setting(False, "Demo mode: marks every page, shows the outbox, prints the demo's accounts.")
    city: str = setting("5107", "Code of the city whose places are loaded (4 digits).")
    base_url: str = setting(
        "http://127.0.0.1:8000", "Address of the site: links in messages, texts to share, pictures of previews."
    )
    https: bool = setting(False, "Served over HTTPS: secure cookies with the `__Host-` prefix, and HSTS.")
    trusted_proxies: int = setting(0, "How many reverse proxies in front may name the client's address.")
    idle_minutes: int = setting(60, "Minutes without a request after which a sign-in ends.")
    sign_in_days: int = setting(14, "Days after which a sign-in ends, however much it is used.")
    second_factor: str = setting(
        "optional",
        "`optional`, or `staff`: treasurers, county administrators and operators must sign in with a code too.",
    )
    hold_minutes: int = setting(30, "Minutes a claim is held while the donor checks it.")
    held_claims: int = setting(5, "Claims that one donor may be checking, not yet pledged, at the same time.")
    money_due_days: int = setting(7, "Days after which a pledge of money that did not arrive is released.")
    goods_due_days: int = setting(14, "Days after which goods, service or hours not sent are released.")
    most_due_days: int = setting(60, "How many days ahead a donor may promise to bring something.")
    need_days: int = setting(180, "Days after publication at which a need without a date expires.")
    choice_days: int = setting(
        30, "Days in which a donor chooses what becomes of money that cannot be used as promised."
    )
    choice_default: str = setting(
        "similar",
        "What becomes of it without a choice: `similar` (another need of the same category, else the pool) or `pool`.",
    )
    min_cell: int = setting(5, "A household's village is named only if it has this many households on the platform.")
    mask_after_days: int = setting(
        90, "Days after a need is over at which people's photos and the household's code are hidden; demo: 36500."
    )
    close_after_days: int = setting(20, "Days after a month's end at which its books are closed.")
    forget_after_months: int = setting(
        24, "Months without a need or a change after which the county is asked to erase a household."
    )
    unmask_alarm: int = setting(20, "Households that one officer may unmask in a day before the county is told.")
    disclosure_lead_days: int = setting(14, "Days before its last day on which the task to write a report is opened.")
    major_transaction_yuan: int = setting(
        100_000, "From this amount a gift, payment, advance, refund or move is a major transaction, to be told apart."
    )
    management_cap_percent: int = setting(
        10, "Most of a year's spending that may go to management; by the charity's class 10, 12, 13, 15 or 20."
    )
    management_exempt_yuan: int = setting(
        200_000, "A year's management below this amount is outside the cap; 0: the cap always holds."
    )
    least_spending_percent: int = setting(
        70, "Least of last year's income that a year's spending should be; by the charity's class 6 to 70."
    )
    upload_megabytes: int = setting(12, "Largest photo or document that is taken, in megabytes.")
    campaign_hosts: str = setting(
        "gongyi.qq.com love.alipay.com gongyi.weibo.com gongyi.jd.com",
        "Designated fundraising platforms to which lane C may link: host names, with a space between them.",
    )
    statement_years: int = setting(
        10, "Years after which payers' names, remarks and the files of bank statements are deleted."
    )
    log_publish: str = setting(
        "", "Folder in which the log's signer publishes; the site only reads it. Default: `log/` in the instance."
    )
    log_delay_minutes: int = setting(10, "Minutes after which a ledger entry that is not signed is called delayed.")
    large_yuan: int = setting(5000, "Yuan from which a payment to somebody new is pointed out to its checker.")
    voucher_days: int = setting(30, "Days after which a voucher that nobody decided ends and frees its money.")
    help_phone: str = setting("", "Telephone of the county desk, shown in the footer.")
    gateways: str = setting("", "Ways to pay online: `wechat`, `alipay`, `simulator`, with spaces. Demo: simulator.")
    allow_simulator: bool = setting(False, "Lets `simulator` be a gateway outside the demo, for a rehearsal.")
    callback_minutes: int = setting(5, "A provider's call-back signed longer ago, or further ahead, is not booked.")
    order_minutes: int = setting(30, "Minutes in which an order to pay online must be paid.")
    wechat_app_id: str = setting("", "WeChat Pay: app id. Keys lie in `keys/wechat/` of the instance.")
    wechat_merchant_id: str = setting("", "WeChat Pay: the charity's merchant number.")
    wechat_cert_serial: str = setting("", "WeChat Pay: serial number of the merchant's certificate.")
    wechat_public_key_id: str = setting("", "WeChat Pay: id of its public key, `PUB_KEY_ID_…`.")
    alipay_app_id: str = setting("", "Alipay: app id. Keys lie in `keys/alipay/` of the instance.")
    alipay_seller_id: str = setting("", "Alipay: the charity's seller id, `2088…`.")
    mail_url: str = setting("", "`smtp://user:password@host:port`. Empty: messages stay in the outbox.")
    mail_from: str = setting("", "Sender of e-mails.")
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR. Logs are one JSON object a line.")

    @property
    def gateway_list(self) -> list[str]:
        return list(dict.fromkeys(self.gateways.lower().split()))

    @property
    def campaign_host_list(self) -> list[str]:
        return self.campaign_hosts.lower().split()

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}
CHOICES = {
    "second_factor": ("optional", "staff"),
    "choice_default": ("similar", "pool"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
#: What each gateway must be told.
GATEWAYS: dict[str, tuple[str, ...]] = {
    "simulator": (),
    "wechat": ("wechat_app_id", "wechat_merchant_id", "wechat_cert_serial", "wechat_public_key_id"),
    "alipay": ("alipay_app_id", "alipay_seller_id"),
}
LOWEST = {"trusted_proxies": 0, "min_cell": 1, "management_exempt_yuan": 0}


def load_settings(environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the environment, lay ``overrides`` (keys as in the environment, or field names) over it, check.

    Raises BadSetting for an unknown ``SUN_`` name in overrides or a value of the wrong shape.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for entry in fields(Settings):
        name = f"SUN_{entry.name.upper()}"
        if name in environ:
            values[entry.name] = _read(name, environ[name], entry.default)
    known = {entry.name: entry for entry in fields(Settings)}
    for key, value in (overrides or {}).items():
        name = key.removeprefix("SUN_").lower()
        if key.startswith("SUN_") or name in known:
            if name not in known:
                raise BadSetting(f"{key} is not a setting; see the table in README.")
            values[name] = _read(f"SUN_{name.upper()}", str(value), known[name].default)
    return _complete(Settings(**values))


def _read(name: str, text: str, default: Any) -> Any:
    text = text.strip()
    if isinstance(default, bool):
        if text.lower() not in TRUE_WORDS | FALSE_WORDS:
            raise BadSetting(f"{name} must be 1 or 0, not “{text}”.")
        return text.lower() in TRUE_WORDS
    if isinstance(default, int):
        lowest = LOWEST.get(name.removeprefix("SUN_").lower(), 1)
        if not re.fullmatch(r"\d{1,6}", text) or int(text) < lowest:
            raise BadSetting(f"{name} must be a whole number of at least {lowest}, not “{text}”.")
        return int(text)
    return text


def _complete(settings: Settings) -> Settings:
    """Fill in what depends on other settings, and refuse what cannot work."""
    instance = Path(settings.instance_path or PROJECT_ROOT / "instance").expanduser().resolve()
    try:
        (instance / "keys").mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSetting(f"SUN_INSTANCE_PATH={instance} cannot be written ({error.strerror}).") from error
    if settings.demo:
        settings = _with_demo_values(settings)
    settings = replace(
        settings,
        instance_path=str(instance),
        database_url=settings.database_url or f"sqlite:///{instance / 'sun.sqlite'}",
        secret_key=settings.secret_key or (DEMO_SECRET if settings.demo else _kept(instance / "keys" / "secret.key")),
        field_key=settings.field_key or _kept(instance / "keys" / "field.key"),
        mail_from=settings.mail_from or "sun-commune@localhost",
        log_publish=settings.log_publish or str(instance / "log"),
    )
    _check(settings)
    return settings


def _with_demo_values(settings: Settings) -> Settings:
    defaults = {entry.name: entry.default for entry in fields(Settings)}
    missing = {name: value for name, value in DEMO_VALUES.items() if getattr(settings, name) == defaults[name]}
    return replace(settings, **missing)


def _check(settings: Settings) -> None:
    if settings.secret_key == DEMO_SECRET and not settings.demo:
        raise BadSetting("SUN_SECRET_KEY is the demo's secret; give a secret of your own, or none.")
    if len(settings.secret_key) < 16:
        raise BadSetting("SUN_SECRET_KEY must have at least 16 characters.")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", settings.field_key):
        raise BadSetting("SUN_FIELD_KEY must be 64 hex digits (32 bytes).")
    if settings.field_key_old and not re.fullmatch(r"[0-9a-fA-F]{64}", settings.field_key_old):
        raise BadSetting("SUN_FIELD_KEY_OLD must be 64 hex digits (32 bytes), or empty.")
    if not re.match(r"(sqlite:///|postgresql(\+psycopg)?://)", settings.database_url):
        raise BadSetting("SUN_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if not re.fullmatch(r"\d{4}", settings.city):
        raise BadSetting(f"SUN_CITY must be a 4-digit city code, not “{settings.city}”.")
    if not re.match(r"https?://[^/\s]+", settings.base_url):
        raise BadSetting(f"SUN_BASE_URL must be an http or https address, not “{settings.base_url}”.")
    if not all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in settings.campaign_host_list):
        raise BadSetting("SUN_CAMPAIGN_HOSTS must be host names like gongyi.qq.com, with a space between them.")
    if settings.mail_url and not re.match(r"smtps?://[^/\s]+", settings.mail_url):
        raise BadSetting("SUN_MAIL_URL must begin with smtp:// or smtps://.")
    _check_choices(settings)
    _check_gateways(settings)


def _check_gateways(settings: Settings) -> None:
    for gateway in settings.gateway_list:
        if gateway not in GATEWAYS:
            raise BadSetting(f"SUN_GATEWAYS may name {', '.join(GATEWAYS)}, not “{gateway}”.")
        for name in GATEWAYS[gateway]:
            if not getattr(settings, name):
                raise BadSetting(f"SUN_GATEWAYS names {gateway}, so SUN_{name.upper()} must be given.")
    if "simulator" in settings.gateway_list and not (settings.demo or settings.allow_simulator):
        raise BadSetting(
            "SUN_GATEWAYS names simulator, which books money that does not exist; it is for the demo. "
            "For a rehearsal outside it set SUN_ALLOW_SIMULATOR=1."
        )


def _check_choices(settings: Settings) -> None:
    for name, words in CHOICES.items():
        if getattr(settings, name) not in words:
            listed = " or ".join([", ".join(words[:-1]), words[-1]])
            raise BadSetting(f"SUN_{name.upper()} must be {listed}, not “{getattr(settings, name)}”.")


def _kept(path: Path) -> str:
    """A random key of 64 hex digits, made once; processes that start together agree on one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


def current() -> Settings:
    """The settings of the running application (needs an application context)."""
    from flask import current_app  # noqa: PLC0415 - commands read settings without Flask

    settings: Settings = current_app.extensions["sun_settings"]
    return settings
