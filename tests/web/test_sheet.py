"""The particulars of a printed map over HTTP."""

from geoapp.services.plot_facts import today
from geoapp.settings import Settings
from geoapp.web.app import create_app


def test_address_gives_plain_values_and_refuses_other_parameters(settings: Settings) -> None:
    client = create_app(settings).test_client()
    answer = client.get("/sheet.json?layers=plots,towns&at=2020-01-01")
    assert answer.json["as_of_on"] == "2020-01-01"
    assert answer.json["made_on"] == today().isoformat()
    assert client.get("/sheet.json?layer=plots").status_code == 400
    assert client.get("/sheet.json?at=gestern").status_code == 400
    assert client.get("/sheet.json?layers=nowhere").status_code == 404
