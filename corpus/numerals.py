"""Numbers as word processors write them before headings, list items and notes."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = tuple(
    zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), "M CM D CD C XC L XL X IX V IV I".split(), strict=True)
)
_CIRCLED = ((1, 20, 0x2460), (21, 35, 0x3251), (36, 50, 0x32B1))


def numeral(number: int, form: str) -> str:
    """`number` in one of the forms that WordprocessingML names (`numFmt`); in digits where the form is not known.

    >>> [numeral(14, form) for form in ("chineseCounting", "lowerRoman", "decimalEnclosedCircleChinese", "upperLetter")]
    ['十四', 'xiv', '⑭', 'N']
    """
    plain = str(number)
    if form == "none":
        return ""
    if number < 1:
        return plain
    if form in ("upperRoman", "lowerRoman"):
        roman = _roman(number)
        return roman if form == "upperRoman" else roman.lower()
    if form in ("upperLetter", "lowerLetter"):  # after Z comes AA, then BB
        letters = chr(ord("A") + (number - 1) % 26) * min((number - 1) // 26 + 1, 30)
        return letters if form == "upperLetter" else letters.lower()
    if form.startswith("decimalEnclosedCircle"):
        return next((chr(sign + number - first) for first, last, sign in _CIRCLED if first <= number <= last), plain)
    if form in ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"):
        return chinese_number(number)
    if form == "chineseLegalSimplified":
        return chinese_number(number, _LEGAL_DIGITS, "拾佰仟")
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in plain)
    if form == "ideographTraditional" and number <= len(_STEMS):
        return _STEMS[number - 1]
    if form == "ideographZodiac" and number <= len(_BRANCHES):
        return _BRANCHES[number - 1]
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return plain.translate({ord("0") + digit: "０１２３４５６７８９"[digit] for digit in range(10)})
    return plain.zfill(2) if form == "decimalZero" else plain


def chinese_number(number: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """A number of 1 to 9999 in Chinese: 10 → 十, 105 → 一百零五; beyond that in digits."""
    if not 1 <= number <= 9999:
        return str(number)
    text = ""
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), str(number), strict=True):
        if digit != "0":
            text += digits[int(digit)] + (units[place - 1] if place else "")
        elif text and not text.endswith(digits[0]):
            text += digits[0]
    text = text.rstrip(digits[0])
    return text.removeprefix(digits[1]) if 10 <= number < 20 and digits == _DIGITS else text


def note_mark(number: int) -> str:
    """The mark of a note in running text and before the note itself: ① for 1, [注51] beyond 50."""
    circled = numeral(number, "decimalEnclosedCircle")
    return f"[注{number}]" if circled.isascii() else circled


def _roman(number: int) -> str:
    if number > 4999:
        return str(number)
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text
