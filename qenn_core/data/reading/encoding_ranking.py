"""The likely encodings of text in an unknown one, by the letters of the languages that use them.

Statistics of whole texts fail on the few accented words of a small table. Here each letter beyond ASCII
counts: whether a language has it, how often, and whether it stands where a letter can stand.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache, lru_cache

_WESTERN = ("cp1252", "mac-roman", "cp850")
_CENTRAL = ("cp1250", "iso8859-2", "cp852")
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
# The letters beyond a to z of each language, the most frequent first, and the encodings in which it was
# written before Unicode, the most usual first.
_ALPHABETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("äöüß", _WESTERN),  # German
    ("éèàçêîôûâëïœùüÿæ", _WESTERN),  # French
    ("óíáéñúü", _WESTERN),  # Spanish
    ("ãçáéóíêõâàúô", _WESTERN),  # Portuguese
    ("àèéìòùî", _WESTERN),  # Italian
    ("ëéèïöüê", _WESTERN),  # Dutch
    ("äåöé", _WESTERN),  # Finnish, Swedish
    ("øåæéò", _WESTERN),  # Danish, Norwegian
    ("ąęłóżśćńź", _CENTRAL),  # Polish
    ("áíěéřšýčžůúťóďň", _CENTRAL),  # Czech
    ("áčíýžšľúťéňäďôóĺŕ", _CENTRAL),  # Slovak
    ("áéóöőíüűú", _CENTRAL),  # Hungarian
    ("ăîâţşșț", _CENTRAL),  # Romanian
    ("čšžćđ", _CENTRAL),  # Croatian, Slovene
    ("ıüşçğöİâîû", ("cp1254", "cp857")),  # Turkish
    ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", _CYRILLIC),  # Russian
    ("оаинвірестлукдмпязьгйбчхцїжєюшщфґ", ("cp1251", "koi8-u")),  # Ukrainian
    ("аоиетнсрвлдкпмзгуъябцчщжхфшюйь", _CYRILLIC),  # Bulgarian
    ("аоиенсрјтдувкпмлзгбчшцњћхжљђфџ", ("cp1251",)),  # Serbian
    ("αοιετσνηυρπκμλςωδγχθφβξζψάέήίόύώϊϋΐΰ", ("cp1253", "iso8859-7", "cp737")),  # Greek
    ("יוהלאמרתבשנעםדקחפכטצגסזןךץף", ("cp1255",)),  # Hebrew
    ("านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถธศณฐภฝฟฮฉ่้ัิีืุูำ์็ึ", ("cp874",)),  # Thai
    ("المينرتبودعهسقفكحجةشصخطذزثضغظىءأئآؤإپچژگکی", ("cp1256", "iso8859-6")),  # Arabic, Persian
)
# Their few speakers' letters look like misread ones of more frequent languages.
_RARE_ALPHABETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("áðéíóúýþæö", _WESTERN),  # Icelandic
    ("àèéíïòóúüç", _WESTERN),  # Catalan
    ("šāėžūīēčųįąļęņģķõäöü", ("cp1257",)),  # Estonian, Latvian, Lithuanian
)
# For the encodings of East Asia, a standard whose frequent characters have first bytes in this range.
_FREQUENT_CHARACTERS: dict[str, tuple[str, int, int]] = {
    "cp949": ("euc-kr", 0xB0, 0xC8),
    "cp932": ("euc-jp", 0xB0, 0xCF),
    "euc-jp": ("euc-jp", 0xB0, 0xCF),
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
}
_FREQUENT_HANGUL = frozenset(
    "이다는의에가을고하지로를한은도사기대인서일정시아나자어리있그수해부제라원구전장주동상보공여성신과경국학중산선우화연문"
    "교소비치마만관안위남명북강호오양무진모조생유세금석미년월용영재당광천적실입"
)
_SIGNS = frozenset("’‘“”„–—…€£¥©°²³µ±×½¼¾·«»¿¡§ºª\u00a0")
# Letters that are a word by themselves in some language.
_SHORT_WORDS = frozenset("àáâåæéèêëíîïóòôöøúùý")

# The cost of a character, from 0 for a frequent letter of the language to 1 for one that cannot stand there.
_CONTROL, _MISPLACED, _FOREIGN, _RARE = 2.0, 1.0, 0.5, 0.3
_MARK, _SIGN = 0.1, 0.03
# Between encodings that fit equally well, the more usual one wins by this much, and by more where few
# characters can tell them apart.
_FEW_CHARACTERS = 4
_LESS_USUAL, _NOT_WESTERN, _FEW_SPEAKERS = 0.02, 0.03, 0.05


@lru_cache(maxsize=8)
def rank_encodings(sample: bytes) -> tuple[str, ...]:
    """Return the encodings that can decode `sample`, the most likely first.

    Parameters
    ----------
    sample : bytes
        Lines with characters beyond ASCII.

    Returns
    -------
    tuple of str
        Names that Python knows; UTF-8, UTF-16 and UTF-32, which can be recognized with certainty, are not
        among them.
    """
    costs: dict[str, float] = {}
    for encoding, alphabets in _alphabets_by_encoding().items():
        try:
            characters = _characters_beyond_ascii(sample.decode(encoding))
        except UnicodeDecodeError:
            continue
        n_characters = max(characters.total(), 1)
        few = 1 + _FEW_CHARACTERS / n_characters
        costs[encoding] = min(
            handicap * few + sum(n * cost(*where) for where, n in characters.items()) / n_characters
            for handicap, cost in alphabets
        )
    return tuple(sorted(costs, key=lambda encoding: costs[encoding]))


def _characters_beyond_ascii(text: str) -> Counter[tuple[str, str, str]]:
    """Count the characters beyond ASCII, each with the one before and the one after it."""
    neighbours = zip(" " + text, text, text[1:] + " ", strict=False)
    return Counter(around for around in neighbours if not around[1].isascii())


@cache
def _alphabets_by_encoding() -> dict[str, list[tuple[float, Callable[[str, str, str], float]]]]:
    """Return, for each encoding, a handicap and the cost of a character for each alphabet written in it."""
    found: dict[str, list[tuple[float, Callable[[str, str, str], float]]]] = defaultdict(list)
    for alphabets, few in ((_ALPHABETS, 0.0), (_RARE_ALPHABETS, _FEW_SPEAKERS)):
        for letters, encodings in alphabets:
            for position, encoding in enumerate(encodings):
                handicap = few + _LESS_USUAL * position + _NOT_WESTERN * (encodings is not _WESTERN)
                found[encoding].append((handicap, _Alphabet(letters).cost))
    for position, (encoding, frequent) in enumerate(_FREQUENT_CHARACTERS.items()):
        found[encoding].append((_NOT_WESTERN + _LESS_USUAL * position, _Characters(*frequent).cost))
    return found


class _Alphabet:
    """The letters of a language beyond ASCII, the most frequent first."""

    def __init__(self, letters: str) -> None:
        # A script without ASCII letters is recognized by its frequent letters, another by having the letters.
        self._is_other_script = unicodedata.name(letters[0]).split()[0] != "LATIN"
        weight = _RARE if self._is_other_script else _RARE / 3
        lower = {letter: weight * rank / len(letters) for rank, letter in enumerate(letters)}
        self._costs = {letter.upper(): cost for letter, cost in lower.items()} | lower

    def cost(self, before: str, character: str, after: str) -> float:
        """Return the cost of a character between two others."""
        category = unicodedata.category(character)
        if category.startswith("C"):
            return _CONTROL
        within_word = before.isalpha() and after.isalpha() and character != "’"
        if character in _SIGNS and not within_word:
            return _SIGN
        if category.startswith(("L", "M")):
            within = character.isupper() and before.isalpha()
            wrong_case = within and (before.islower() or after.islower())
            neighbours = [sign for sign in (before, after) if sign.isalpha()]
            mixed = self._is_other_script and any(map(str.isascii, neighbours))
            if wrong_case or mixed or before.isdigit() or after.isdigit():
                return _MISPLACED
            if not neighbours and character not in _SHORT_WORDS:
                if not self._is_other_script:
                    return _FOREIGN
                return self._costs.get(character, _FOREIGN) + _RARE * character.isupper()
            # Words in capitals are rare, too.
            return self._costs.get(character, _FOREIGN + _MARK) + _MARK * within
        return _MISPLACED if before.isalpha() or after.isalpha() else _FOREIGN


class _Characters:
    """The characters of an East Asian standard, of which those with some first bytes are frequent."""

    def __init__(self, standard: str, first: int, last: int) -> None:
        self._standard = standard
        self._frequent = range(first, last + 1)

    def cost(self, before: str, character: str, after: str) -> float:
        """Return the cost of a character after another."""
        if "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uff60":  # punctuation
            return 0.0
        if self._standard == "euc-jp" and "\u3040" <= character <= "\u30ff":  # kana
            return 0.0
        if before.isascii() and before.isalpha():
            return _MISPLACED
        try:
            first_byte = character.encode(self._standard)[0]
        except UnicodeEncodeError:
            return _MISPLACED
        if first_byte not in self._frequent:
            return _FOREIGN
        return 0.0 if character in _FREQUENT_HANGUL else _MARK
