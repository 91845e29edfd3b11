"""Whatever is typed or forged into the forms of households, nothing is an accident and nothing is lost."""

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import JINLU, Cast, sign_in
from tests.factories import make_household

FIELDS = ("once", "village", "name", "members_count", "id_number", "phone", "address", "health", "support_label",
          "given_on", "expires_on", "purpose", "clear", "reason", "document", "is_by_guardian")  # fmt: skip
ANY = st.text(max_size=60) | st.sampled_from(
    ["\0", "²", "-1", "0", "9" * 50, "１２", "=1+1", "9999-12-31", "publish", JINLU]
)
ACTS = ("new", "{}/edit", "{}/consents", "{}/consents/withdraw", "{}/unmask")


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(act=st.sampled_from(ACTS), values=st.dictionaries(st.sampled_from(FIELDS), ANY))
def test_never_an_accident(client: FlaskClient, cast: Cast, act: str, values: dict[str, str]) -> None:
    known = cast.__dict__.setdefault("_fuzzed", [])
    if not known:
        sign_in(client, cast.secretary)
        known.append(make_household(cast).code)
    data = {"once": "a-key-of-the-test", "village": JINLU, "given_on": "2026-01-05", "purpose": "photo", **values}
    answer = client.post(f"/en/households/{act.format(known[0])}", data=data, content_type="multipart/form-data")
    assert answer.status_code in {200, 303, 400, 404, 409, 422}
