"""Sentences of legal text: full stops of "U. S.", "v.", "No.", "art. I, sec." and initials end none."""

from __future__ import annotations

import re

# A mark that may end a sentence, what closes behind it (quotes, brackets, a footnote's number), and what
# follows.
_STOP = re.compile(r"[.?!](?P<close>[\"'”’)\]]*(?:(?<![\d.].)\d{1,3})?)(?=\s+[\"'“‘(\[]*(?P<next>[A-Z0-9§¶*]\w*))")
_BREAK = re.compile(r"\s*\n\s*")
_WORD_BEFORE = re.compile(r"[^\s(\[\"“‘—]+\Z")
_NUMBER = re.compile(r"[\d*]")
_LABEL = re.compile(r"\(?(?:\d{1,3}|[IVXLC]{1,6}|[A-Za-z])\)?\Z")
_LONGEST_WORD = 24
# A volume before an abbreviation and a page behind it: a reporter, of whatever jurisdiction ("41 Xyz. App. 77").
_VOLUME = re.compile(r"\b\d{1,4}\s+(?:[A-Z][\w'’]{0,5}\.?\s+){0,2}[A-Z][\w'’]{0,5}\Z")
_PAGE = re.compile(r"\.\s+(?:(?:[A-Z][\w'’]*\.|[23456]d)\s+){0,3}\d")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# No sentence ends behind these, whatever follows.
_NEVER = _words(
    """
    v vs art arts sec secs cl ch par pars para paras p pp n nn fn vol ed eds rev tit pt subd subsec app
    mr mrs ms dr prof hon gen gov sen rep reps lt col capt sgt st ste ft mt messrs
    cf e.g i.e viz ex rel op cit
    eff fed r civ crim proc evid supp cir ct dist div dept d.c n.y u.s u.s.c c.f.r s.ct l.ed f.2d f.3d
    stat stats cong sess pub l h.r s.rep h.rep doc reg admin amdt amdts amend amends const ann rptr so
    ala ariz ark cal colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore pa
    tenn tex va vt wash wis wyo
    jan feb mar apr jun jul aug sept oct nov dec
    ass'n assn comm'n commn comm int'l intl nat'l natl gov't govt dep't sec'y bros mfg mgmt ins univ
    serv pub util utils pac lumber sup super cas com comp civ crim mun met ass sav fin ent intern
    bd transp elec tel indus hosp sch educ inst ry r.r ctr cty twp twsp enters props servs sys techs mach
    """
)
# Of those, words that end a sentence when they are written small: "we held so.", "he was ill."
_ORDINARY = _words("so mass miss ill wash met ore ark sup fin com ass del cal pub pa so sat mo me")
# A sentence may end behind these, and does when a word follows that usually begins one.
_SELDOM = _words("inc corp co ltd llc l.l.c l.p jr sr etc al seq ibid id supra esq dec'd no nos ante code u.s d.c")
_STARTERS = _words(
    """
    The A An In It Its We Our This That These Those There Then Thus Therefore He She They His Her Their I You
    But And Or If When Where While Whether Although Because Since Under Upon On At As By For From To With
    Without     After Before During Section Such No Nor Not Only Even Both Each Any All Some Here However
    Moreover Indeed Petitioner Petitioners Respondent Respondents Plaintiff Plaintiffs Defendant Defendants
    Appellant Appellee Congress Justice Held Nothing One Two Three What Who How Why So Yet Also First Second
    Third Finally Accordingly     See Cf Compare Ibid Id Nevertheless Instead Rather According Reversed
    Affirmed Vacated
    """
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return `[start, end)` of each sentence in order, white space left out.

    The spans do not overlap, and together they hold every character of the text that is not white space. A
    line break always ends a sentence: the canonical text has one only where a paragraph ends.
    """
    spans: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    while start < end:
        found = _BREAK.search(text, start, end)
        stop, following = (found.start(), found.end()) if found else (end, end)
        _split_paragraph(text, start, stop, spans)
        start = following
    return spans


def _split_paragraph(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    begin = start
    for mark in _STOP.finditer(text, start, end):
        if text[mark.start()] == "." and not _ends_sentence(text, begin, mark):
            continue
        stop = mark.end("close")
        spans.append((begin, stop))
        begin = stop
        while text[begin].isspace():
            begin += 1
    spans.append((begin, end))


def _ends_sentence(text: str, begin: int, mark: re.Match[str]) -> bool:
    """Tell whether the full stop at `mark` ends the sentence that begins at `begin`."""
    dot = mark.start()
    found = _WORD_BEFORE.search(text, max(begin, dot - _LONGEST_WORD), dot)
    if found is None:  # a spaced ellipsis ends a sentence only with its fourth dot
        return text[max(begin, dot - 6) : dot] == ". . . " or text[dot - 1 : dot] in '"”’)]'
    word = found.group().strip("'’")
    following = mark["next"]
    if found.start() == begin and _LABEL.match(word):  # "1." or "II." before a heading or an item
        return False
    lowered = word.casefold().rstrip(".")
    if lowered == "arg":  # "Tr. of Oral Arg. 22"
        return not _NUMBER.match(following)
    if _PAGE.match(text, dot) and _VOLUME.search(text, max(begin, dot - 2 * _LONGEST_WORD), dot):
        return False
    if lowered in _SELDOM:
        return following in _STARTERS
    if len(word) == 1 and word.isalpha():
        return word == "I" and following in _STARTERS and not text[max(begin, dot - 7) : dot - 1].strip().endswith(",")
    if lowered in _ORDINARY and word[0].islower():
        return True
    return lowered not in _NEVER and not re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word)
