"""Every file that can be downloaded is verified, or stands here with the reason why it is not."""

import pytest
from flask import Flask

from geoapp.services.verify import Verifier
from geoapp.verification.reading import KINDS
from tests.lists_district import fill_lists

VERIFIED = {
    "alarms.digest": ("/alarms/digest.xlsx",),
    "statistics.export": ("/statistics.xlsx?zones=control_zones&show=site_area,plot_ratio,far_distribution&unit=ha",
                          "/statistics.csv?filter=site_area_mu%20%3E%201", "/statistics.geojson", "/statistics.gpkg"),
    "ledgers.export": ("/ledgers/JX_TL.xlsx", "/ledgers/ZRZY_CL.csv?unit=m2"),
    "targets.export": ("/targets.xlsx", "/targets/municipal_2027.csv?scope=town:330205103"),
    "targets.detail_export": ("/targets/plan_2021_2025/revitalised_area.xlsx?unit=ha",
                              "/targets/plan_2021_2025/tax_per_mu.csv"),
    "supervision.export": ("/supervision.xlsx?period=2024-Q2", "/supervision.xlsx?by=park&membership=clip"),
    "rules.export": ("/rules.xlsx", "/rules.csv?at=2025-04-01"),
    "rules.rule_export": ("/rules/LE04.xlsx", "/rules/LE04.csv?verdict=all", "/rules/MP4.csv?verdict=unknown"),
    "evaluation.export": ("/evaluation.xlsx?year=2025", "/evaluation.csv?list=above_scale&unit=ha",
                          "/evaluation.csv?list=tenant&weights=tax_per_mu:70,tax_per_power:30"),
    "whatif.export": ("/whatif.xlsx?plots=DK-A,DK-B&mode=M01&far=2.0&coefficient=40&support=10",
                      "/whatif.csv?plots=DK-A,DK/C&mode=M02&far=1.2&demolish=B2&unit=ha"),
    "portfolio.export": ("/portfolio.xlsx?area=5&seconds=60", "/portfolio.csv?area=1e6&unit=m2"),
    "evaluation.plots_export": ("/evaluation/plots.xlsx?year=2025", "/evaluation/plots.csv?year=2025&unit=ha"),
    "evaluation.official_export": ("/evaluation/official.xlsx?year=2025",
                                   "/evaluation/official.csv?year=2025&list=above_scale"),
    "lists.export": ("/lists/2026/L4.xlsx", "/lists/2026/L1.csv?unit=m2"),
    "projects.export": ("/projects.xlsx?unit=ha", "/projects.csv?light=grey&plots=far%20%3E%200.5"),
    "land_terms.export": ("/land-terms.xlsx", "/land-terms.csv?bucket=unknown&kept=none&unit=ha"),
    "micro_parks.export": ("/micro-parks.xlsx?unit=mu", "/micro-parks.csv?year=2025&band=A"),
    "transactions.export": ("/transactions.xlsx?unit=mu", "/transactions.csv?kind=lease&check=unknown"),
    "agreements.export": ("/agreements.xlsx", "/agreements.csv?only=missed&town=330205103"),
    "table.export": ("/table/plots.xlsx?unit=ha&filter=far%20%3C%202", "/table/plots.csv?columns=name,far&sort=-far",
                     "/table/plots.geojson?at=2026-06-01", "/table/projects.gpkg", "/table/agreement_items.csv"),
    "lists.survey": ("/lists/2026/L4/survey.xlsx",),
    "candidates.export": ("/candidates.xlsx?unit=ha",
                          "/candidates.csv?weights=1,2,3,4,5,6,7.5&top=1&filter=far%20%3C%202",
                          "/candidates.geojson?top=2", "/candidates.gpkg?top=3"),
    "changes.export": ("/changes.xlsx?from=2026-01-01", "/changes.csv?part=zones&membership=largest"),
}  # fmt: skip
NOT_TOTALS = {
    "whatif.export_kept": "what-ifs as they were kept, each with the address that asks it again",
    "audit.export": "what was done, one by one",
}
"""Add here what publishes no total; a total needs a kind in `geoapp.verification.reading`, a check and a line above."""


def test_every_download_is_verified_or_says_why_not(district_app: Flask) -> None:
    files = {
        rule.endpoint
        for rule in district_app.url_map.iter_rules()
        if "suffix" in rule.arguments or rule.rule.endswith((".xlsx", ".csv", ".gpkg"))
    }
    assert files == {*VERIFIED, *NOT_TOTALS}


@pytest.mark.slow
def test_all_that_was_downloaded_is_computed_again(district_app: Flask) -> None:
    client, workspace = district_app.test_client(), district_app.extensions["geoapp"]
    fill_lists(workspace)
    addresses = [address for found in VERIFIED.values() for address in found]
    for address in addresses:
        assert client.get(address).status_code == 200, address
    verifier = Verifier(workspace)
    results = [verifier.verify(task) for task in verifier.of_log()]
    # Two of the four files of zone statistics are the same table, and so are those of evaluated plots.
    assert len(results) == len(addresses) - 2
    for found in results:
        assert ([d.text for d in found.differences], found.refusal, found.is_complete) == ([], "", True), (
            found.name
        )
        # No plot of the small district may be chosen: of its portfolios only that is verified.
        assert found.figure_count > 0 or "0个项目" in found.name, found.name


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_each_kind_is_served_with_a_fingerprint(district_app: Flask) -> None:
    fill_lists(district_app.extensions["geoapp"])
    client = district_app.test_client()
    addresses = {
        "statistics": "/statistics.json", "ledger": "/ledgers/JX_TL.json", "targets": "/targets.json",
        "target": "/targets/plan_2021_2025/revitalised_area.json", "changes": "/changes.json",
        "trend": "/statistics/trend.json?figure=far", "plot_proof": "/plots/DK%2FC/proof.json",
        "zone_proof": "/zones/control_zones/Z1/proof.json", "digest": "/alarms.json",
        "supervision": "/supervision.json", "evaluation": "/evaluation.json?list=tenant",
        "whatif": "/whatif.json?plots=DK-A&mode=M04", "portfolio": "/portfolio.json?area=5&seconds=60",
        "rules": "/rules.json", "rule": "/rules/SP1.json?verdict=all",
        "evaluation_plots": "/evaluation/plots.json?year=2025",
        "evaluation_official": "/evaluation/official.json?year=2025", "land_terms": "/land-terms.json?due=yes",
        "micro_parks": "/micro-parks.json?year=2025&star=4", "projects": "/projects.json?stage=P06",
        "remediation": "/lists/2026/L4.json", "transactions": "/transactions.json?review=waiting",
        "agreements": "/agreements.json?only=missed", "candidates": "/candidates.json?top=2",
    }  # fmt: skip
    # The provincial survey is a workbook and nothing else; a register's table as data is a page of it, not an export.
    assert {*addresses, "survey", "records"} == {kind.id for kind in KINDS}
    for address in addresses.values():
        record = client.get(address).get_json()
        shown = record.get("page") or record["address"]
        assert client.get(shown).status_code == 200, shown
        assert shown in record["fingerprint"]
