"""What services refuse in plain English is told in the reader's language, with its values, in one place."""

from itsm.kernel.actor import Role
from itsm.kernel.errors import Invalid, RuleBroken
from itsm.kernel.text import phrase
from itsm.web.texts import told, told_all


def german(app, *sentences):
    """Return sentences as a German reader is told them."""
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        return [told(one) for one in sentences]


def test_a_sentence_with_values_is_put_together_anew(app):
    tag = phrase(
        "An asset that is %(before)s cannot become %(after)s.", before=phrase("retired"), after=phrase("in use")
    )
    assert tag == "An asset that is retired cannot become in use."
    assert german(app, tag, "This was decided already.", "What nobody translated", "") == [
        "Ein Asset kann nicht von „ausgemustert“ zu „in Gebrauch“ werden.",
        "Darüber wurde schon entschieden.",
        "What nobody translated",
        "",
    ]


def test_a_name_that_happens_to_be_a_word_of_ours_stays_as_it_is(app):
    sentence = phrase("The probe %(name)s has not enrolled yet.", name="retired")
    assert german(app, sentence) == ["Die Sonde retired hat sich noch nicht angemeldet."]


def test_all_that_is_wrong_is_told_as_one_text(app):
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        both = Invalid({"a": ["Please say why."], "b": phrase("Select between 1 and %(most)s.", most=9)})
        assert told_all(both) == "Bitte sagen Sie, warum. Wählen Sie zwischen 1 und 9."
        assert told_all(Invalid({})) == "Bitte sehen Sie sich die markierten Felder an"
        assert told(RuleBroken().message) == "Das ist jetzt nicht möglich"


def test_a_german_reader_is_refused_in_german_beside_the_field_and_on_a_page(sign_in):
    browser = sign_in(Role.ADMINISTRATOR, language="de")
    page = browser.post(
        "/discovery/networks",
        data={
            "name": "Werk", "ranges": "10.0.0.0/30", "exclusions": "10.0.0.0/30", "pace": "100", "probe": "",
            "snmp_port": "161", "ssh_port": "22", "time_zone": "UTC",
        },
    )  # fmt: skip
    assert page.status_code == 422 and "Es bleibt nichts zu durchsuchen: Die Ausnahmen umfassen alles." in page.text
    employee = sign_in(language="de")
    refused = employee.get("/admin/jobs")
    assert refused.status_code == 403 and "Diese Seite ist für eine andere Rolle." in refused.text
