"""Words of many languages, for files in the encodings that were usual before Unicode."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from benchmarks.corpus.tables import Style, Table, numbers, texts


class Language(NamedTuple):
    """Names of columns, and words for three columns of texts."""

    names: tuple[str, str, str, str, str]
    people: str
    places: str
    answers: str


LANGUAGES: Mapping[str, Language] = {
    "hungarian": Language(
        ("név", "város", "életkor", "jövedelem", "válasz"),
        "Szabó Ágnes/Kovács Győző/Tóth Zoltán/Nagy Erzsébet/Kiss Ödön/Horváth Tünde/Balogh Márta/Fülöp Dénes",
        "Győr/Pécs/Székesfehérvár/Hódmezővásárhely/Szentendre/Nyíregyháza/Eger/Sopron/Kőszeg",
        "igen/nem/talán később/gyakran használ/soha/időnként",
    ),
    "polish": Language(
        ("imię", "miasto", "wiek", "dochód", "odpowiedź"),
        "Józef Wójcik/Małgorzata Dąbrowska/Łukasz Król/Anna Nowak/Stanisław Zając/Żaneta Lis/Grażyna Woźniak",
        "Łódź/Kraków/Gdańsk/Poznań/Wrocław/Warszawa/Częstochowa/Świnoujście/Radom",
        "tak/nie/czasami/zawsze/nigdy/trudno powiedzieć/być może",
    ),
    "czech": Language(
        ("jméno", "město", "věk", "příjem", "odpověď"),
        "Jiří Dvořák/Eva Nováková/Zdeněk Růžička/Tomáš Černý/Alžběta Šťastná/Ondřej Kučera/Věra Malá",
        "Plzeň/Brno/České Budějovice/Ústí nad Labem/Hradec Králové/Olomouc/Děčín/Třebíč",
        "ano/ne/někdy/často/vůbec ne/pravděpodobně",
    ),
    "romanian": Language(
        ("nume", "oraş", "vârstă", "venit", "răspuns"),
        "Ştefan Ionescu/Mihăiţă Popa/Ioana Rădulescu/Andrei Munteanu/Cătălina Niţă/Gheorghe Bălan/Vlad Suciu",
        "Bucureşti/Iaşi/Timişoara/Braşov/Constanţa/Piteşti/Cluj/Târgu Mureş",
        "da/nu/câteodată/niciodată/foarte des/fără răspuns",
    ),
    "turkish": Language(
        ("ad", "şehir", "yaş", "gelir", "yanıt"),
        "Ayşe Yılmaz/Çağlar Öztürk/Gülşen Aydın/Mehmet Şahin/İbrahim Kılıç/Ömer Doğan/Zeynep Kaya",
        "İstanbul/Eskişehir/Muğla/Şanlıurfa/Iğdır/Diyarbakır/Bursa/Çanakkale",
        "evet/hayır/bazen/sık sık/hiçbir zaman/çoğunlukla",
    ),
    "german": Language(
        ("Name", "Wohnort", "Größe", "Einkommen", "Antwort"),
        "Jürgen Groß/Käthe Müller/Sören Weiß/Anna Schäfer/Björn Höfer/Uwe Kühn/Grete Bäumler",
        "Köln/München/Düsseldorf/Gießen/Lübeck/Nürnberg/Fürth/Würzburg/Ulm",
        "ja/nein/gelegentlich/häufig/früher schon/weiß nicht",
    ),
    "french": Language(
        ("prénom", "ville", "âge", "revenu", "réponse"),
        "Hélène Lefèvre/François Noël/Zoé Bérard/Jérôme Benoît/Anaïs Gauthier/Rémi Côté/Élodie Petit",
        "Besançon/Orléans/Nîmes/Saint-Étienne/Béziers/Angoulême/Lyon/Évreux",
        "oui/non/très souvent/jamais/peut-être/à l'occasion",
    ),
    "spanish": Language(
        ("nombre", "ciudad", "edad", "salario", "opinión"),
        "José Muñoz/María Peña/Íñigo Yáñez/Ángela Núñez/Raúl Cañizares/Lucía Marín/Begoña Ordóñez",
        "Málaga/León/A Coruña/Cádiz/Logroño/Almería/Ávila/Madrid",
        "sí/no/quizás/según el día/todavía no/muchísimo",
    ),
    "portuguese": Language(
        ("nome", "cidade", "idade", "salário", "opinião"),
        "João Gonçalves/Inês Simões/Antônio Conceição/Luís Falcão/Márcia Araújo/Sônia Guimarães",
        "São Paulo/Évora/Brasília/Guimarães/Florianópolis/Setúbal/Maceió/Lisboa",
        "sim/não/às vezes/até agora não/também/talvez amanhã",
    ),
    "swedish": Language(
        ("namn", "ort", "ålder", "lön", "svar"),
        "Åsa Björk/Göran Lindström/Märta Sjögren/Örjan Hägg/Elin Åkesson/Nils Berg",
        "Malmö/Göteborg/Umeå/Västerås/Örebro/Luleå/Växjö/Lund",
        "ja/nej/ibland/alltför sällan/då och då/varje år",
    ),
    "lithuanian": Language(
        ("vardas", "miestas", "amžius", "pajamos", "atsakymas"),
        "Jūratė Žukauskienė/Mindaugas Šimkus/Rūta Petrauskaitė/Česlovas Žemaitis/Eglė Kazlauskienė",
        "Šiauliai/Panevėžys/Klaipėda/Mažeikiai/Kėdainiai/Vilnius/Plungė",
        "taip/ne/kartais/dažnai/niekada/gal būt vėliau",
    ),
    "russian": Language(
        ("имя", "город", "возраст", "доход", "ответ"),
        "Анна Королёва/Пётр Щербаков/Юлия Жукова/Семён Цветков/Ольга Шевцова/Игорь Быков/Эмма Фёдорова",
        "Москва/Казань/Тверь/Нижний Новгород/Уфа/Псков/Хабаровск",
        "да/нет/иногда/почти всегда/никогда/объяснить трудно",
    ),
    "greek": Language(
        ("όνομα", "πόλη", "ηλικία", "εισόδημα", "απάντηση"),
        "Γιώργος Παπαδόπουλος/Ελένη Δημητρίου/Νίκος Ιωάννου/Μαρία Αγγέλου/Σοφία Χατζή/Κώστας Βασιλείου",
        "Αθήνα/Θεσσαλονίκη/Πάτρα/Ηράκλειο/Λάρισα/Βόλος/Ιωάννινα",
        "ναι/όχι/μερικές φορές/πάντα/ποτέ/ίσως αργότερα",
    ),
    "japanese": Language(
        ("名前", "都市", "年齢", "収入", "回答"),
        "佐藤花子/鈴木一郎/高橋まゆみ/田中健太/渡辺さくら/伊藤ケン/山本由美",
        "東京/大阪/名古屋/札幌/福岡/横浜/仙台市青葉区",
        "はい/いいえ/ときどき/わからない/ほとんどない/毎日",
    ),
    "chinese": Language(
        ("姓名", "城市", "年龄", "收入", "回答"),
        "王小明/李娜/张伟/刘洋/陈静/杨丽华/赵国强",
        "北京/上海/广州/深圳/成都/哈尔滨/乌鲁木齐",
        "是/否/有时候/不知道/经常/从来没有",
    ),
    "taiwanese": Language(
        ("姓名", "城市", "年齡", "收入", "回答"),
        "王小明/林淑芬/張志豪/陳雅婷/黃建國/劉怡君/蔡宗翰",
        "臺北/高雄/臺中/臺南/新竹/嘉義/花蓮",
        "是/否/有時候/不知道/經常/從來沒有",
    ),
    "korean": Language(
        ("이름", "도시", "나이", "소득", "응답"),
        "김민준/이서연/박지훈/최수빈/정하은/강도윤/조예린",
        "서울/부산/대구/인천/광주/대전/울산",
        "예/아니요/가끔/모르겠음/자주/전혀 없음",
    ),
    "hebrew": Language(
        ("שם", "עיר", "גיל", "הכנסה", "תשובה"),
        "דוד כהן/שרה לוי/יוסי מזרחי/רחל פרץ/משה אברהם/נועה פרידמן",
        "ירושלים/תל אביב/חיפה/באר שבע/נצרת/אשדוד",
        "כן/לא/לפעמים/תמיד/אף פעם/אולי מחר",
    ),
    "arabic": Language(
        ("الاسم", "المدينة", "العمر", "الدخل", "الجواب"),
        "محمد علي/فاطمة حسن/أحمد خالد/ليلى إبراهيم/يوسف سعيد/مريم عبد الله",
        "القاهرة/دمشق/بغداد/الرياض/تونس/بيروت/عمان",
        "نعم/لا/أحيانا/دائما/لا أعرف/ربما غدا",
    ),
}


def answers(language: str, n_rows: int, seed: int, decimal: str = ".") -> Table:
    """Return answers of people to a question, in a language."""
    words = LANGUAGES[language]
    rng = Random(seed)
    people, places, replies = (part.split("/") for part in words[1:])
    columns = (
        texts("", rng.choices(people, k=n_rows)),
        texts("", rng.choices(places, k=n_rows)),
        numbers("", (rng.randrange(18, 90) for _ in range(n_rows))),
        numbers("", (rng.uniform(900, 5000) for _ in range(n_rows)), Style(2, decimal)),
        texts("", rng.choices(replies, k=n_rows)),
    )
    return Table(columns).renamed(*words.names)
