"""Text encodings are recognized by a few words, as a small table has them."""

from __future__ import annotations

import codecs

import pytest

from qenn_core.data.reading.text_encoding import detect_encoding, sample_encodings

# Words by the encodings in which such files exist.
WORDS = [
    (("cp1252", "mac-roman", "cp850"), "Müller, Köln, groß, Straße"),
    (("cp1252", "mac-roman", "cp850"), "élève, français, où, été"),
    (("cp1252", "mac-roman", "cp850"), "niño, mañana, corazón"),
    (("cp1252", "cp850"), "São João, coração, não, você"),
    (("cp1252",), "øre, blå, smør, Århus"),
    (("cp1252",), "12 €, 5 °C, “quoted”"),
    (("cp1252",), "temperature [°C]"),
    (("cp1252",), "€ 2.50, € 3"),
    (("cp1252",), "2.50 €"),
    (("cp1252",), "£24.91, £3"),
    (("cp1252",), "c [µg/l]"),
    (("cp1252",), "5 µm"),
    (("cp1252",), "12 – 14, 3 – 4"),
    (("cp1252",), "yes — no"),
    (("cp1252",), "it’s, don’t"),
    (("cp1252",), "“good”, ‘bad’"),
    (("cp1252",), "12 m², 3 m³"),
    (("cp1252",), "5 ± 1"),
    (("cp1252",), "½ cup"),
    (("cp1252",), "§ 5"),
    (("cp1252",), "1º, 2ª"),
    (("cp1252",), "wait…"),
    (("cp1252",), "Temp °C"),
    (("cp1252",), "naïve, café"),
    (("cp1252",), "« oui », « non »"),
    (("cp1250", "iso8859-2", "cp852"), "Łódź, Kraków, Gdańsk, Wrocław"),
    (("cp1250", "iso8859-2", "cp852"), "žluťoučký, kůň, úpěl"),
    (("cp1250", "iso8859-2", "cp852"), "Győr, Pécs, fű, őr, tűz"),
    (("cp1250", "iso8859-2"), "Bucureşti, Iaşi, Timişoara, Constanţa"),
    (("cp1254",), "İstanbul, Diyarbakır, Muş, Şanlıurfa, Ağrı"),
    (("cp1251", "koi8-r", "cp866"), "Москва, красный, зелёный"),
    (("cp1251",), "Київ, Львів, їжак"),
    (("cp874",), "กรุงเทพ, เชียงใหม่, แดง, เขียว"),
    (("iso8859-6",), "القاهرة, الرياض, بغداد"),
    (("cp1253",), "Αθήνα, Θεσσαλονίκη, κόκκινο"),
    (("cp1255",), "ירושלים, תל אביב, חיפה"),
    (("cp1256",), "القاهرة, الرياض, بغداد"),
    (("cp932", "euc-jp"), "東京, 大阪, さくら, サクラ"),
    (("cp932",), "ソース, 能力, 表示"),
    (("gb18030",), "北京, 上海, 广州, 深圳"),
    (("big5",), "臺北, 高雄, 臺中"),
    (("cp949",), "서울, 부산, 대구"),
]


@pytest.mark.parametrize(
    ("encoding", "words"), [(encoding, words) for encodings, words in WORDS for encoding in encodings]
)
def test_words_are_decoded(encoding: str, words: str) -> None:
    content = "\n".join(["word,number", *(f"{word},1" for word in words.split(", "))]).encode(encoding)
    assert content.decode(detect_encoding(content)) == content.decode(encoding)


def test_every_encoding_that_fits_is_offered_with_what_it_shows() -> None:
    content = "city,n\nŁódź,1\nGdańsk,2\n".encode("cp1250")
    samples = dict(sample_encodings(content))
    assert next(iter(samples)) == "cp1250"
    assert samples["cp1250"] == "Łódź"
    assert samples["cp1252"] == "£ódŸ"
    assert "utf-8" not in samples, "it does not fit"
    assert {codecs.lookup(name).name for name in samples} >= {"iso8859-2", "cp852", "mac-latin2", "iso8859-1"}
    assert all(codecs.lookup(name).name == name for name in samples), "none twice by another name"


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", "a,b\nß,1\n".encode("utf-16")])
def test_no_encodings_are_offered_where_they_make_no_difference(content: bytes) -> None:
    assert sample_encodings(content) == ()
