"""What words find, in every language of the portals; the same expectations for every engine and for the matcher."""

from __future__ import annotations

import pytest

from notices.model import Lot
from search.port import Matcher, SearchIndex
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, document

pytestmark = pytest.mark.analysed

FOUND = [
    ("fr", "Passation de marchés publics", "marché"),
    ("fr", "Un marché de fournitures", "marchés"),
    ("fr", "Rénovation de l'éclairage public", "eclairage"),
    ("fr", "Rénovation de l’ÉCLAIRAGE public", "éclairages"),
    ("fr", "Agents de sécurité", "securite"),
    ("fr", "Agents de securite", "sécurité"),
    ("fr", "Entretien d'aujourd'hui", "aujourd'hui"),
    ("fr", "Main-d'œuvre qualifiée", "main-d'oeuvre"),
    ("fr", "Travaux jusqu'à l'école", "école"),
    ("fr", "Réfection de la voirie communale", "voiries"),
    ("fr", "Achat de 45.000 dalles", "45.000"),
    ("fr", "Gestion des déchets verts", '"déchets verts"'),
    ("fr", "Gestion du déchet vert", '"déchets verts"'),
    ("fr", "Éclairage du parc", "éclair*"),
    ("fr", "Éclairage du parc", "ECLAIRAGE*"),
    ("fr", "Électricité", "lampes OR électricité"),
    ("fr", "Électricité du pont", "(lampes OU électricité) pont"),
    ("fr", "Électricité du pont", "électricité -tunnel"),
    ("fr", "Électricité du pont", "électricité AND pont"),
    ("fr", "Électricité du pont", "électricité NOT tunnel"),
    ("fr", "Électricité", "*"),
    ("fr", "E\u0301lectricite\u0301 du pont", "électricité"),
    ("fr", "Traductions en langue française", "français"),
    ("fr", "Entretien du palais", "palais"),
    ("fr", "Fourniture d’un caillou", "cailloux"),
    ("nl", "Levering van ĳzerwaren", "ijzerwaren"),
    ("nl", "Onderhoud van gebouwen", "gebouw"),
    ("nl", "Onderhoud van een gebouw", "gebouwen"),
    ("nl", "Aanleg van wegen", "weg"),
    ("nl", "Renovatie van scholen", "school"),
    ("nl", "Categorieën van diensten", "categorieen"),
    ("de", "Sanierung der Straßen", "Strasse"),
    ("de", "Reinigung von Gebäuden", "Gebäude"),
    ("de", "Bau neuer Häuser", "Haus"),
    ("de", "Reinigung der Gebaeude", "Gebäuden"),
    ("de", "Lieferung von Möbeln", "Möbel"),
    ("de", "Moebel und Schlüssel", "Schlüsseln"),
    ("de", "Lieferung von Reinigungsmitteln", "Reinigungsmittel"),
    ("de", "Schulung der Bewerberinnen", "Bewerber"),
    ("en", "Maintenance of buildings", "building"),
    ("en", "Road works", "roads"),
    ("ar", "صيانة المدرسة", "مدرسة"),
    ("ar", "صيانة مدرسه", "المدرسة"),
    ("ar", "أشغال الإنارة العمومية", "اشغال"),
    ("ar", "مَدْرَسَة", "مدرسة"),
    ("ar", "شراء ١٢٣ حاسوب", "123"),
    ("ar", "شراء الأثاث والتجهيزات", "تجهيزات"),
    ("ar", "إصلاح وصيانة الطرق", "صيانة"),
    ("ar", "أشغال بناء قسمين", "البناء"),
    ("ar", "توريد الوقود", "وقود"),
    ("ar", "شراء سيارات", "السيارة"),
    ("ar", "صفقات عمومية", "صفقة"),
    ("ar", "تهيئة المسالك بجماعة تمصلوحت", "الجماعة"),
    ("ar", "شراء آلات", "الآلات"),
    ("pt", "Iluminação pública", "iluminacao"),
]
NOT_FOUND = [
    ("fr", "Voir le cahier des charges", "voirie"),
    ("fr", "Service de communication", "commune"),
    ("fr", "Gestion des verts déchets", '"déchets verts"'),
    ("fr", "Électricité du tunnel", "électricité -tunnel"),
    ("fr", "Électricité", "électricité pont"),
    ("fr", "Le grand éclairage", "clairage"),
    ("fr", "Éclairage", "éclairages* voirie"),
    ("fr", "Électricité du pont", '-"électricité du pont"'),
    ("nl", "Brandwering van deuren", "brandweer"),
    ("fr", "Une mauvaise herbe", "mauve"),
    ("ar", "وزارة التجهيز", "زار"),
]


@pytest.mark.parametrize(("language", "title", "text"), FOUND)
def test_words_find_what_a_person_expects(
    language: str, title: str, text: str, index: SearchIndex, matcher: Matcher
) -> None:
    item, query = document(title={language: title}), NoticeQuery(text=text)
    index.index([item])
    matcher.put("profile", query)
    assert index.count(query, now=NOW) == 1
    assert [match.profile_id for match in matcher.match([item], now=NOW)] == ["profile"]


@pytest.mark.parametrize(("language", "title", "text"), NOT_FOUND)
def test_words_do_not_find_what_they_should_not(
    language: str, title: str, text: str, index: SearchIndex, matcher: Matcher
) -> None:
    item, query = document(title={language: title}), NoticeQuery(text=text)
    index.index([item])
    matcher.put("profile", query)
    assert index.count(query, now=NOW) == 0
    assert matcher.match([item], now=NOW) == []


def test_a_phrase_does_not_run_from_one_text_into_the_next(index: SearchIndex, matcher: Matcher) -> None:
    item = document(title={"fr": "Gestion des déchets"}, description={"fr": "Verts pâturages"})
    query = NoticeQuery(text='"déchets verts"')
    index.index([item])
    matcher.put("profile", query)
    assert index.count(query, now=NOW) == 0
    assert matcher.match([item], now=NOW) == []


def test_a_word_is_found_in_whichever_language_the_notice_says_it(index: SearchIndex) -> None:
    index.index([document(1, title={"nl": "Onderhoud", "fr": "Entretien"}), document(2, title={"de": "Wartung"})])
    assert set(index.scan(NoticeQuery(text="onderhoud"), now=NOW)) == {"be_bda:1"}
    assert set(index.scan(NoticeQuery(text="entretien OR wartung"), now=NOW)) == {"be_bda:1", "be_bda:2"}


def test_the_words_found_are_marked_as_printed_and_nothing_else_is_markup(index: SearchIndex) -> None:
    title = 'Rénovation de l’éclairage <script>alert("x")</script>'
    index.index([document(title={"fr": title}, description={"fr": "Les éclairages & mâts"})])
    hit = index.search(NoticeQuery(text="eclairage"), now=NOW).hits[0]
    assert hit.highlights["title"].text == title
    assert hit.highlights["title"].html == (
        "Rénovation de l’<mark>éclairage</mark> &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"
    )
    assert hit.highlights["excerpt"].html == "Les <mark>éclairages</mark> &amp; mâts"
    assert hit.clauses[0].words == ("éclairage",)
    assert hit.clauses[0].field == "title"


def test_excluded_words_are_neither_marked_nor_a_reason(index: SearchIndex, matcher: Matcher) -> None:
    item, query = document(title={"fr": "Pont en bois"}), NoticeQuery(text="pont -tunnel")
    index.index([item])
    matcher.put("p", query)
    assert [clause.printed for clause in index.search(query, now=NOW).hits[0].clauses] == ["pont"]
    assert [clause.printed for clause in matcher.match([item], now=NOW)[0].clauses] == ["pont"]


def test_a_notice_with_the_words_in_its_title_comes_before_one_that_mentions_them(index: SearchIndex) -> None:
    index.index(
        [
            document(1, title={"fr": "Divers"}, description={"fr": "mobilier et éclairage de bureau et autres choses"}),
            document(2, title={"fr": "Éclairage public"}, description={"fr": "mobilier et autres choses diverses"}),
        ]
    )
    assert [hit.notice_id for hit in index.search(NoticeQuery(text="éclairage"), now=NOW).hits] == [
        "be_bda:2",
        "be_bda:1",
    ]


def test_what_a_lot_adds_is_found_as_text_of_the_lot(index: SearchIndex, matcher: Matcher) -> None:
    lot = Lot(id="LOT-0001", title={"fr": "Lot 1"}, additional_information={"fr": "Visite de la chaufferie."})
    item = document(title={"fr": "Entretien"}, lots=(lot,))
    query = NoticeQuery(text="chaufferies")
    index.index([item])
    matcher.put("a", query)
    assert index.count(query, now=NOW) == 1
    (match,) = matcher.match([item], now=NOW)
    assert [(clause.words, clause.field) for clause in match.clauses] == [(("chaufferie",), "lot")]
