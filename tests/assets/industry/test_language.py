"""Languages of short texts."""

import pytest

from assets.industry.language import Language, text_language

TEXTS = {
    "de": (
        "Die Plattenfirma hat am Montag bekannt gegeben, dass sie mit dem Künstler nicht mehr "
        "zusammenarbeitet und das Album auf Eis liegt."
    ),
    "en": ("The label said on Monday that it has signed a deal with the band for their next two albums and a tour."),
    "es": (
        "La discográfica anunció el lunes que el grupo ha firmado un contrato para sus dos próximos "
        "discos y una gira por el país."
    ),
    "fr": (
        "La maison de disques a annoncé lundi que le groupe a signé un contrat pour ses deux "
        "prochains albums et une tournée dans le pays."
    ),
    "it": (
        "La casa discografica ha annunciato che il gruppo ha firmato un contratto per i prossimi "
        "due album e per una tournée nel paese."
    ),
    "nl": (
        "Het label maakte maandag bekend dat de band een contract heeft getekend voor de volgende "
        "twee albums en een tournee door het land."
    ),
    "pt": (
        "A gravadora anunciou que o grupo não vai mais gravar com ela e que os próximos discos "
        "sairão por uma editora do país."
    ),
}


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_running_text_tells_its_language_against_a_wrong_declaration(code: str) -> None:
    assert text_language(TEXTS[code], "tlh") == Language(code, "stopwords")


def test_short_or_nameless_text_falls_back_to_the_declaration() -> None:
    assert text_language("Smerz – Big city life", "en-us") == Language("en", "declared")
    assert text_language("Smerz Oklou Bladee Yeule " * 5, "EN_GB") == Language("en", "declared")


def test_nothing_known_is_nothing_said() -> None:
    assert text_language("Smerz – Big city life", None) == Language(None, None)
    assert text_language("", "not a language") == Language(None, None)
