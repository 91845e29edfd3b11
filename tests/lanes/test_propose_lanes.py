"""Writing a change of the charity's record: nothing changes before a second officer, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.lanes import queries, services
from tests.cast import Cast, sign_in
from tests.lanes.world import CAMPAIGN, CHARITY, confirm, content, propose

FORM: dict[str, Any] = {**CHARITY, "takes_account": "y", "note": "照慈善会来函填写", "once": "a key of the test"}


def test_proposal_changes_nothing_yet(cast: Cast) -> None:
    administrator_id = cast.administrator.id
    before = queries.present().version
    version = propose(cast, bank_name="另一银行绵阳分行")
    assert queries.present().version is before is not None
    assert queries.find_waiting() is version
    assert version.proposed_by == administrator_id


@pytest.mark.parametrize("who", ["treasurer", "secretary", "reviewer", "supervisor", "donor", "stranger"])
def test_others_do_not_write_it(cast: Cast, who: str) -> None:
    person = getattr(cast, who)
    with pytest.raises(NotAllowed), transaction():
        services.propose_lanes(person, content=content(takes_account=False))


def test_older_proposal_is_void_once_a_newer_one_is_in_force(cast: Cast) -> None:
    first, second = propose(cast, bank_name="另一银行绵阳分行"), propose(cast, bank_name="第三银行绵阳分行")
    confirm(cast, second)
    with pytest.raises(Conflict, match="later version is in force"):
        confirm(cast, first)
    in_force = queries.present().version
    assert in_force is not None
    assert in_force.bank_name == "第三银行绵阳分行"


def test_what_is_in_force_is_no_change(cast: Cast) -> None:
    with pytest.raises(RuleBroken, match="in force already"):
        propose(cast)


def test_page_keeps_what_was_typed_and_names_every_field(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    wrong = {
        **FORM,
        **CAMPAIGN,
        "credit_code": "123",
        "campaign_url": "http://x",
        "bank_name": "新银行新分行",
        "note": "",
    }
    page = client.post("/en/lanes/propose", data=wrong)
    assert page.status_code == 422
    assert "Please fill this in" in page.text
    page = client.post("/en/lanes/propose", data={**wrong, "note": "照来函填写"})
    assert page.status_code == 422
    for words in ('value="123"', 'value="http://x"', "新银行新分行", "credit_code-error", "campaign_url-error"):
        assert words in page.text
    assert queries.find_waiting() is None


def test_written_once_however_often_it_is_sent(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    answers = [client.post("/en/lanes/propose", data={**FORM, "bank_name": "新银行新分行"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(queries.list_versions()) == 2


def test_form_begins_with_what_is_in_force(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.operator)
    page = client.get("/en/lanes/propose").text
    assert f'value="{CHARITY["account_number"]}"' in page
    assert "照慈善会来函填写" not in page


def test_list_shows_writer_and_decision(client: FlaskClient, cast: Cast) -> None:
    propose(cast, takes_account=False, note="账户销户前先关闭")
    name = cast.administrator.name
    db.session.rollback()
    sign_in(client, cast.supervisor)
    page = client.get("/en/lanes/proposals").text
    assert "账户销户前先关闭" in page
    assert name in page
    assert "Write a change" not in page
