"""How opinions speak of authorities, as data: each rule is a pattern over a masked sentence.

`{case}`, `{law}`, `{const}` stand for a mention that the rule is about (group `a`); `{by}` for the case that did it
(group `b`); `{that}` for words that point back ("it", "that decision") and `{thislaw}` for "the section", "the
statute": the engine finds what they point at. `{to}` is what may stand between a verb and its object ("our decision
in"). Patterns ignore case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from indexing.treatment.mentions import CASE_MARK, CONSTITUTION_MARK, FILL, LAW_MARK
from indexing.treatment.models import Stance, TreatmentKind

K = TreatmentKind


@dataclass(frozen=True)
class Rule:
    """A way of saying something of an authority.

    `guarded`: what is denied or imagined, or said by others, does not count; citations in their fixed forms
    ("A, overruled by B") and words that hold a "not" themselves go without. `separate`: read only in opinions that do
    not speak for the court.
    """

    kind: TreatmentKind
    pattern: str
    stance: Stance = Stance.DOES
    guarded: bool = True
    separate: bool = False

    @property
    def of_subject(self) -> bool:
        """Tell whether the authority is the subject of the telling verb, and must stand where a subject does."""
        return self.pattern.startswith(("{cases}", "{law}", "{that}")) and self.guarded

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Return the pattern with its slots written out."""
        text = self.pattern
        for name, part in SLOTS.items():
            text = text.replace("{" + name + "}", part)
        return re.compile(text, re.IGNORECASE)


_CASE = f"{CASE_MARK}{FILL}*+"
_ANY = f"[{CASE_MARK}{LAW_MARK}{CONSTITUTION_MARK}]{FILL}*+"
_POINTS = (
    r"(?:that|this|those|these|the|its)\s+(?:earlier\s+|prior\s+|older\s+)?"
    r"(?:decision|case|holding|rule|precedent|opinion|ruling)s?"
)
_ADVERB = (
    r"(?:\s+(?:hereby|now|today|here|therefore|accordingly|expressly|explicitly|formally|thus|also|then|later|since|"
    r"subsequently|implicitly|effectively|necessarily|squarely|simply|entirely|specifically|itself|"
    r"to\s+that\s+extent|"
    r"in\s+effect|again|(?:wholly\s+)?in\s+part|in\s+its\s+entirety|sub\s+silentio|ourselves|already|overtly|"
    r"finally|repeatedly|"
    r"recently|consequently|of\s+course|clearly))*"
)
START = r"^\s*(?:[{\[(]?¶+\s*\d+[}\])]?\s*)?"  # the number of a paragraph is printed before its first word
_OWN = r"(?:'s?|’s?|\s['’]s?)"
SLOTS = {
    "case": f"(?P<a>{_CASE})",
    "cases": rf"(?P<a>{_CASE})(?:{_OWN}(?:\s+[\w'’-]+){{1,8}}?)?",
    "by": f"(?P<b>{_CASE})",
    "lawmark": f"[{LAW_MARK}{CONSTITUTION_MARK}]{FILL}*+",
    "law": f"(?P<a>{LAW_MARK}{FILL}*+)",
    "const": f"(?P<a>{CONSTITUTION_MARK}{FILL}*+)",
    "any": _ANY,
    "nocase": f"[^{CASE_MARK}]",
    "that": rf"(?P<p>\b(?:it|they|{_POINTS})\b)",
    "before": r"(?P<p>)",
    "start": START,
    "thislaw": r"(?P<q>\b(?:it|(?:the|this|that)\s+(?:section|statute|provision|act|law|subsection))\b)",
    "to": r"(?:\s+(?!that\b|by\b|and\b|but\b|whether\b|because\b|or\b|argument|objection|exception|claim|motion|"
    r"contention)(?-i:[a-z'’,-]+|Court['’]s|Court)){0,8}?\s+",
    "adv": _ADVERB,
    "own": _OWN,
    "is": r"(?:\s*,?\s+(?:is|are))",
    "is_now": r"(?:\s+(?:should|must)\s+be,?\s+and(?:\s+now)?)?(?:\s*,?\s+(?:is|are))\s*,?",
    "not_by": rf"(?!{_ADVERB}\s*,?\s+by\b)",
    "was": r"(?:\s*,?\s+(?:(?:was|were)|(?:has|have|had)\s+(?:\w+ly\s+|since\s+|now\s+|in\s+effect\s+)?been|(?:has|"
    r"have|had)\s+(?:\w+ly\s+)?(?:itself\s+|themselves\s+)?been))",
    "aside": r"(?:\s*,(?!\s*(?:and|but)\b)[^,;.]{0,120},)?",
    "end": r"\s*[.;,)]*\s*$",
    "parens": r"(?:\s*\((?!overrul|abrogat)[^()]{0,300}\))*",
    "hold": r"\b(?:we|(?:the|this)\s+court|i)(?:\s+\w+ly)?(?:\s+(?:now|therefore|accordingly|thus|also|today|would)"
    r")*\s+(?:hold|conclude|holds|concludes|declare|find|think|believe|agree"
    r"(?:\s+with\s+[\w\s'’]{1,40}?)?)s?(?:\s+(?:today|now|here|only|also))?\b",
}

_PAST = Stance.REPORTS
_WANTED = Stance.PROPOSES

OVERRULING = (
    # done here
    Rule(K.OVERRULES, r"\b(?:we|today['’]s\s+(?:decision|opinion|holding))(?:\s+must)?{adv}\s+overrules?{to}{case}"),
    Rule(K.OVERRULES, r"\b(?:we|today['’]s\s+(?:decision|opinion))(?:\s+must)?{adv}\s+overrules?"
         r"(?:\s+our\s+decision\s+in)?\s+{that}"),
    Rule(K.OVERRULES, r"{cases}{aside}{is_now}{adv}\s+overruled{not_by}"),
    Rule(K.OVERRULES, r"{start}the\s+(?:portion|part)\s+of\s+{case}\s+(?:holding|which|that)"
        r"\s+[^;]{3,240}?{is}{adv}\s+overruled", guarded=False),
    Rule(K.OVERRULES, r"{that}{aside}{is_now}{adv}\s+overruled{not_by}"),
    Rule(K.OVERRULES, r"{hold}\s+that{to}{cases}{aside}\s+(?:should|must)\s+be{adv}\s+overruled"),
    Rule(K.OVERRULES, r"\b(?:in|by){adv}\s+overruling{to}{case}\s*,?\s+we{adv}\s+(?:do|only|merely)\b",
         guarded=False),
    Rule(K.OVERRULES, r"\b(?:the\s+fact\s+that|because|when|although)\s+we{adv}\s+overrule{to}{case}", guarded=False),
    Rule(K.OVERRULES, r"{cases}{aside}{is}{adv}\s+no\s+longer\s+(?:good\s+law|(?:the\s+)?law\b)"),
    Rule(K.OVERRULES, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*overruled(?P<part>\s+in\s+part)?{end}",
         guarded=False),
    # told
    Rule(K.OVERRULES, r"{cases}{parens}{aside}\s*,?\s*\(?{was}?{adv}\s*overruled(?!\s+(?:the|his|her|its|their|"
        r"petition|respond|that|an?)\b)"
         r"(?:\s+in\s+part)?(?:\s+on\s+(?:other|different)\s+grounds?)?\s*(?:,|\s+by|\s+in)\s*(?:see\s+|"
             r"our\s+(?:\w+\s+)?decision\s+in\s+)?{by}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"{case}{parens}\s*,?\s*\(\s*overruled(?:\s+in\s+part)?(?:\s+on\s+other\s+grounds)?\s*(?:,|by|"
        r"in)\s*{by}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"{cases}{aside}{was}{adv}\s+(?:overruled|repudiated)\b", _PAST),
    Rule(K.OVERRULES, r"{that}{aside}{was}{adv}\s+(?:overruled|repudiated)\b(?:\s+(?:in|by)\s+{by})?", _PAST),
    Rule(K.OVERRULES, r"{by}{parens}\s*,?\s*\([^()]{0,80}?\boverruling(?:\s*,\s*inter\s+alia\s*,)?{to}{case}",
         _PAST, guarded=False),
    Rule(K.OVERRULES, r"{by}\s*,?\s+(?:in\s+part\s+|by\s+)?overruling{to}(?:The\s+)?{case}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"{case}\s*,\s*which\s+{by}{adv}\s+overruled\b", _PAST, guarded=False),
    Rule(
        K.OVERRULES,
        r"{case}[^.;]{1,300}?,\s+an?\s+(?:holding|rule|decision){adv}\s+overruled\s+by\s+{by}",
        _PAST,
        guarded=False,
    ),
    Rule(K.OVERRULES, r"{by}\s*,\s*which{adv}\s+overruled{to}{case}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"\(\s*overruling{to}{case}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"\b(?:our|this\s+court['’]s|the)\s+decision\s+to\s+overrule{to}{case}", _PAST, guarded=False),
    Rule(K.OVERRULES, r"\band{adv}\s+overruled{to}{case}", _PAST),
    Rule(K.OVERRULES, r"\b(?:we|(?:this\s+court['’]s\s+|our\s+)?subsequent\s+(?:law|decisions|cases)|(?:the|this|"
        r"that)\s+court|{any})(?:\s+(?:have|has|had))?{adv}\s+repudiate[ds]\s+"
         r"(?:the\s+(?:\w+\s+){0,2}(?:holding|rule|doctrine|result)s?\s+(?:of|in)"
         r"\s+)?{case}(?!{own}\s+(?:assumption|suggestion|notion|reasoning|rationale))", _PAST),
    Rule(K.OVERRULES, r"\b(?:in\s+)?{by}\s*,(?:\s*[\w\s]{1,40},)?\s+(?:we|(?:the|this|that)\s+court)"
        r"{adv}\s+overruled{to}{case}", _PAST),
    Rule(K.OVERRULES, r"{by}{adv}\s+(?:overruled|overrules){to}{case}", _PAST),
    Rule(K.OVERRULES, r"\b(?:we|(?:the|this|that)\s+court)(?:\s+(?:have|has|had))?{adv}\s+overruled{to}{case}",
         _PAST),
    Rule(K.OVERRULES, r"\b(?:we|(?:the|this|that)\s+court)(?:\s+(?:have|has|had)"
        r")?{adv}\s+abandoned\s+(?:the\s+(?:rule|holding|doctrine)\s+(?:of|in)\s+)?{case}(?!{own}\s+\w)", _PAST),
    # wanted, in opinions that speak for nobody else
    Rule(K.OVERRULES, r"\b(?:i|we)\s+would{adv}\s+overrule{to}{case}", _WANTED, separate=True),
    Rule(K.OVERRULES, r"{cases}{aside}\s+(?:should|ought\s+to|must){adv}\s+be{adv}\s+overruled",
         _WANTED, separate=True),
    Rule(K.OVERRULES, r"{that}{aside}\s+(?:should|ought\s+to|must){adv}\s+be{adv}\s+overruled",
         _WANTED, separate=True),
    Rule(K.OVERRULES, r"\bthe\s+(?:court|majority|plurality)(?:\s+\w+){0,2}?\s+overrules{to}{case}",
         Stance.REPORTS, separate=True),
)  # fmt: skip

UNDONE = (
    Rule(K.ABROGATES, r"\bwe{adv}\s+abrogate{to}{case}"),
    Rule(K.ABROGATES, r"{cases}{aside}{is}{adv}\s+abrogated(?!\s+by)"),
    Rule(K.ABROGATES, r"{cases}{aside}\s*,?\s*{was}?{adv}\s+abrogated\s+(?:on\s+other\s+grounds\s*,?\s*)?(?:by|in)"
        r"\s+{by}", _PAST, guarded=False),
    Rule(K.ABROGATES, r"{by}\s*,?\s*\([^()]{0,80}?\babrogating{to}{case}", _PAST, guarded=False),
    Rule(K.ABROGATES, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*abrogated{end}", guarded=False),
    Rule(K.SUPERSEDED_BY_STATUTE, r"{cases}{aside}\s*,?\s*\(?{was}?{is}?{adv}\s+superseded\s+(?:in\s+part\s+|"
        r"on\s+other\s+grounds\s+)?by\s+"
         r"(?:(?:a|the|this|an)\s+)?(?:\w+\s+){0,3}?(?:statute|statutory|act|amendment|amendments|legislation|rule|"
         r"congress|{any})"),
    Rule(K.SUPERSEDED_BY_STATUTE, r"{that}{was}{adv}\s+superseded\s+by\s+(?:(?:the|an?)\s+)?(?:statute|amendment|"
        r"legislation|act\b)"),
    Rule(K.SUPERSEDED_BY_STATUTE, r"\b(?:congress|the\s+legislature){adv}\s+(?:(?:has|have){adv}\s+)?(?:overruled|"
        r"overturned|superseded|abrogated|overrode|repudiated){to}{case}", _PAST),
    Rule(K.SUPERSEDED_BY_STATUTE, r"(?:{lawmark}|§+\s?[\w().-]+|\b(?:statute|act|amendment)){adv}\s+(?:overruled|"
        r"superseded|abrogated){to}{case}", _PAST),
    Rule(K.SUPERSEDED_BY_STATUTE, r"{cases}{aside}{was}{adv}\s+(?:legislatively|statutorily)\s+(?:overruled|"
        r"overturned|abrogated)", _PAST),
)  # fmt: skip

DOUBT = (
    Rule(K.DECLINES_TO_FOLLOW, r"\bwe{adv}\s+(?:decline|refuse){adv}\s+to\s+(?:follow|adopt\s+the\s+(?:rule|"
        r"reasoning|holding)\s+(?:of|in)){to}{case}", guarded=False),
    Rule(K.DECLINES_TO_FOLLOW, r"\bwe\s+(?:do|will|shall|would)\s+not\s+follow{to}{case}", guarded=False),
    Rule(K.LIMITS, r"\bwe{adv}\s+(?:decline|refuse){adv}\s+to\s+extend{to}{case}", guarded=False),
    Rule(
        K.LIMITS,
        r"\bwe{adv}\s+(?:clarify\s+and\s+)?(?:limit|confine|narrow)(?:\s+to\s+its\s+[\w\s]{1,30}?)?{to}{case}",
    ),
    Rule(K.LIMITS, r"\bwe\s+do\s+not\s+overrule\s+{case}\s*,\s*but\s+we{adv}\s+(?:limit|confine)\s+(?:its|it|that)"
        r"\b", guarded=False),
    Rule(K.LIMITS, r"{cases}{aside}{is}{adv}\s+(?:limited|confined)\s+to\s+(?:its|the|their|cases|situations)\b"),
    Rule(K.LIMITS, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*(?:limited|modified){end}", guarded=False),
    Rule(K.CRITICISES, r"\b(?:we|our\s+reasons[\w\s]{0,40}?){adv}(?:\s+in\s+large\s+part)?\s+disavow{to}{case}"),
    Rule(K.CRITICISES, r"\bwe{adv}\s+disapprove(?:\s+of)?{to}{case}"),
    Rule(K.CRITICISES, r"{cases}{aside}{is}{adv}\s+disapproved"),
    Rule(K.CRITICISES, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*disapproved{end}", guarded=False),
    Rule(K.CRITICISES, r"{cases}{aside}(?:{is}|{was}){adv}\s+(?:so\s+)?(?:poorly|badly|wrongly|incorrectly|"
        r"erroneously|mistakenly|unsoundly)\s*-?(?:reasoned|decided|conceived)"),
    Rule(K.CRITICISES, r"{cases}{aside}(?:{is}|{was}){adv}\s+(?:unsound|ill-considered|ill\s+considered|"
        r"not\s+correct\s+when\s+it\s+was\s+decided|wrong(?:ly)?\s+(?:the\s+day|when)\s+(?:it\s+was\s+)?decided|"
        r"unpersuasive|not\s+persuasive)"),
    Rule(K.CRITICISES, r"\bwe\s+(?:are\s+not\s+persuaded\s+by|disagree\s+with|reject)\s+(?:the\s+(?:reasoning|"
        r"analysis|holding|rule|approach)\s+(?:of|in)\s+){case}"),
    Rule(K.QUESTIONS, r"\b(?:arguable\s+that|arguably){to}?{cases}{was}{adv}\s+(?:wrongly|incorrectly)\s+decided",
         guarded=False),
    Rule(K.QUESTIONS, r"\bwe{adv}\s+(?:question|doubt){to}{case}"),
    Rule(
        K.CRITICISES,
        r"\bwe\s+(?:must\s+)?(?:disagree\s+with|reject)\s+{case}{own}\s+(?:\w+\s+)?(?:application|reasoning|holding|"
        r"restatement|approach|analysis|rule|dictum|dicta)\b",
    ),
    Rule(K.QUESTIONS, r"{before}{start}we\s+question\s+whether\b[^;]{1,300}?\bleave\s+(?:it|that|the\s+\w+)"
        r"\s+(?:undecided|open)\b", guarded=False),
    Rule(K.QUESTIONS, r"\bcasts?\s+(?:some\s+|serious\s+|grave\s+|considerable\s+|"
        r"substantial\s+)?doubt\s+(?:up)?on{to}(?:the\s+(?:continuing\s+)?(?:validity|vitality|authority|"
        r"correctness)\s+of\s+)?{case}"),
    Rule(K.QUESTIONS, r"\bcalls?\s+(?:in)?to\s+question{to}{case}"),
    Rule(K.QUESTIONS, r"{cases}{aside}{was}{adv}\s+called\s+into\s+(?:serious\s+)?(?:question|doubt)", _PAST),
    Rule(K.QUESTIONS, r"{cases}{aside}(?:{is}|{was}){adv}\s+(?:called\s+into\s+(?:serious\s+)?(?:question|doubt)|"
        r"of\s+(?:doubtful|questionable)\s+(?:validity|authority|vitality)|seriously\s+undermined|undermined\s+by)"),
    Rule(K.QUESTIONS, r"\b(?:continuing|continued|enduring)\s+(?:vitality|validity|force)\s+of{to}{case}(?:{is}|"
        r"{was}){adv}\s+(?:\w+\s+){0,2}(?:doubt\w*|question\w*|suspect)"),
)  # fmt: skip

DISTINGUISHING = (
    Rule(K.DISTINGUISHES, r"{cases}{aside}(?:{is}|{was}){adv}\s+(?:\w+ly\s+|quite\s+|wholly\s+|entirely\s+|very\s+|"
        r"plainly\s+)?(?:distinguishable|different|inapposite|inapplicable|a\s+(?:very\s+|quite\s+|"
        r"wholly\s+)?different\s+case|unlike\b|beside\s+the\s+point)"),
    Rule(K.DISTINGUISHES, r"{cases}{aside}{is}{adv}\s+(?:\w+\s+)"
        r"{0,8}?(?:and\s+(?:it\s+)?is\s+)?not\s+(?:controlling|in\s+point|on\s+point|to\s+the\s+contrary|applicable|"
            r"dispositive|apposite)\b", guarded=False),
    Rule(K.DISTINGUISHES, r"{case}[^.;]{0,160}?\b(?:it|that\s+case){is}\s+of\s+(?:no|little)\s+(?:help|use|avail|"
        r"assistance)\b", guarded=False),
    Rule(K.DISTINGUISHES, r"{cases}\s+(?:do|does|did)\s+not\s+(?:control|govern|apply\s+here|dictate|compel|"
        r"resolve\s+this|support\s+(?:petitioner|respondent|the\s+government))", guarded=False),
    Rule(K.DISTINGUISHES, r"\b(?:this\s+case|the\s+(?:present|instant)\s+case|our\s+case)"
        r"{is}{adv}\s+(?:\w+ly\s+)?(?:unlike|(?:different|distinguishable)\s+from)\s+(?:both\s+)?{case}"),
    Rule(K.DISTINGUISHES, r"{start}unlike\s+(?:the\s+\w+\s+(?:at\s+issue\s+)?in\s+|in\s+)?{case}\s*,"),
    Rule(K.DISTINGUISHES, r"\breliance\s+(?:up)?on{to}{case}{aside}{is}{adv}\s+(?:misplaced|unavailing|inapt)"),
    Rule(K.DISTINGUISHES, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*distinguished{end}", guarded=False),
    Rule(K.DISTINGUISHES, r"\bwe{adv}\s+distinguish{to}{case}"),
    Rule(K.DISTINGUISHES, r"{cases}{aside}\s+(?:has|have|had)\s+no\s+(?:application|bearing)\b", guarded=False),
)  # fmt: skip

FOLLOWING = (
    Rule(K.FOLLOWS, r"\bwe{adv}\s+(?:follow|adhere\s+to|reaffirm|approve|adopt|reiterate){to}{case}"),
    Rule(K.FOLLOWS, r"\bwe{adv}\s+(?:follow|adhere\s+to|reaffirm)\s+the\s+(?:view|rule|principle)"
        r"\s+that\b[^.;]{1,160}?,\s*{case}"),
    Rule(K.FOLLOWS, r"{start}following{to}{case}\s*,\s+(?:we|i|it\s+is)\b"),
    Rule(K.FOLLOWS, r"{case}{nocase}*?\band\s+we\s+follow\s+it\b"),
    Rule(K.FOLLOWS, r"\bas\s+we\s+(?:have\s+)?(?:held|said|decided|explained|recognized|concluded)\s+in\s+{case}"),
    Rule(K.FOLLOWS, r"\bmet\s+the\s+(?:rule|test|requirement|standard)s?\s+of\s+{case}"),
    Rule(K.FOLLOWS, r"{cases}{is}{adv}\s+(?:controlling|dispositive|binding)\b"),
    Rule(K.FOLLOWS, r"{cases}\s+(?:controls|governs|forecloses|squarely\s+controls)\b"),
    Rule(K.FOLLOWS, r"\b(?:is|are)\s+(?:controlled|governed|foreclosed|compelled|dictated)\s+by{to}{case}"),
    Rule(K.FOLLOWS, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*followed{end}", guarded=False),
    Rule(K.APPLIES, r"{start}(?:\w+\s*,\s*)?applying{to}{case}{nocase}*?,\s+(?:we|it\s+is|the)\b"),
    Rule(K.APPLIES, r"{start}under\s+{case}\s*,"),
    Rule(K.APPLIES, r"\bis\s+to\s+be\s+(?:judged|decided|measured|determined)\b[^.;]*?\bas\s+in\s+{case}",
         guarded=False),
    Rule(K.APPLIES, r"\b(?:in|by)\s+{case}{nocase}*?\band\s+we\s+see\s+no\s+reason\s+for\s+a\s+\w+\s+rule\b",
         guarded=False),
    Rule(K.APPLIES, r"{start}(?:{any}\s*,?\s*(?:and\s+)?)*?{case}\s*,\s*applied{end}", guarded=False),
)  # fmt: skip

_VOID = (
    r"(?:unconstitutional(?:ly\s+(?:vague|overbroad))?|invalid|void|constitutionally\s+(?:invalid|infirm)|"
    r"facially\s+(?:invalid|unconstitutional))"
)
LAWS = (
    Rule(K.SEVERED, r"\bwe{adv}\s+sever\s+{law}"),
    Rule(K.SEVERED, r"{law}{aside}(?:{is}|\s+must\s+be){adv}\s+severed\b"),
    Rule(K.PREEMPTED, r"{hold}\s+that\b[^.;]{0,80}?{law}{aside}{is}{adv}\s+pre-?\s?empted\b"),
    Rule(K.PREEMPTED, r"{law}{aside}{is}{adv}\s+pre-?\s?empted\b"),
    Rule(K.HELD_UNCONSTITUTIONAL, rf"{{law}}{{aside}}{{is}}{{adv}}\s+(?:\w+ly\s+)?{_VOID}\b"),
    Rule(K.HELD_UNCONSTITUTIONAL, r"{law}{aside}(?:\s+and\s+[\w().-]+)?{is}{adv}\s+(?:\w+ly\s+)?(?:overbroad|vague)\s+"
        r"and\s+(?:therefore\s+)?(?:unconstitutional|in\s+violation\s+of\s+(?:the\s+)?(?:{lawmark}|"
        r"\w+\s+(?:amendment|clause)))"),
    Rule(K.HELD_UNCONSTITUTIONAL, rf"{{hold}}\s+that\s+{{thislaw}}{{is}}{{adv}}\s+{_VOID}\b"),
    Rule(K.HELD_UNCONSTITUTIONAL, rf"{{hold}}{{to}}{{law}}\s+(?:to\s+be\s+)?{_VOID}\b"),
    Rule(K.HELD_UNCONSTITUTIONAL, r"{hold}\s+that\s+{law}{aside}\s+(?:violates|exceeds|contravenes|offends|abridges)"
        r"\b"),
    Rule(K.HELD_UNCONSTITUTIONAL, r"{hold}\s+that\s+{thislaw}\s+(?:violates|contravenes|offends|abridges)"
        r"\s+(?:the\s+(?:\w+\s+){1,3}(?:amendment|clause|constitution)|{any})"),
    Rule(K.HELD_UNCONSTITUTIONAL, r"{hold}\s+that\s*,[^;.]{3,140},\s*{law}\s+(?:violates|exceeds|offends)\b"),
    Rule(
        K.HELD_UNCONSTITUTIONAL,
        r"{hold}\s+(?:that\s+)?{thislaw}\s+exceeds\s+(?:congress['’]s?|legislative)\s+(?:\w+\s+)?(?:power|authority)",
    ),
    Rule(
        K.UPHELD,
        r"{hold}\s+that{to}{law}{aside}{is}{adv}\s+(?:congruent\s+and\s+proportional|consistent\s+with\s+(?:the\s+)?"
        r"(?:constitution|{lawmark}|\w+\s+(?:clause|amendment)))",
    ),
    Rule(K.HELD_UNCONSTITUTIONAL, r"\bwe{adv}\s+strike\s+down\s+{law}"),
    Rule(K.HELD_UNCONSTITUTIONAL, r"{law}{aside},?(?:\s+therefore,?)?\s+cannot\s+be\s+sustained\s+(?:if|under)\b",
         guarded=False),
    Rule(K.UPHELD, r"\bwe{adv}\s+uphold\s+(?:the\s+(?:constitutionality|validity)\s+of\s+)?{law}"),
    Rule(K.UPHELD, r"{hold}\s+that{to}{law}{aside}\s+(?:does|do)\s+not\s+(?:violate|offend|contravene|abridge|"
        r"infringe)\b", guarded=False),
    Rule(K.UPHELD, r"{hold}\s+that{to}{law}{aside}{is}{adv}\s+(?:constitutional|valid|a\s+(?:valid|permissible|"
        r"proper)\b)"),
    Rule(K.UPHELD, r"{hold}\s+that{to}{law}{aside}{is}{adv}\s+not\s+(?:unconstitutional|invalid|void|pre-?empted)",
         guarded=False),
    Rule(K.UPHELD, r"{hold}\s+that{to}{law}{aside}\s+satisf(?:ies|y)\s+(?:{lawmark}|(?:the\s+)?(?:\w+\s+){0,3}?"
        r"(?:clause|amendment|constitution|process)\b)"),
    Rule(K.UPHELD, r"{hold}\s+that{to}{law}{aside}\s+gives\s+[\w\s]{1,40}?enough\s+to\s+satisfy\b"),
    Rule(K.UPHELD, r"\bas\s+to\b[^.;]{1,100},\s*{thislaw}{is}\s+(?:valid|constitutional)\b"),
    Rule(K.APPLIES, r"\b(?:was|is|were|are)\s+an?\s+(?:unreasonable|unlawful|unconstitutional|impermissible)"
        r"\s+\w+\s+under\s+{const}"),
    Rule(K.APPLIES, r"\bin\s+(?:our|my)\s+view\s+{const}\s+(?:forbids|requires|permits|allows|protects|bars)\b"),
)  # fmt: skip

HOLDING = re.compile(
    START + r"(?:accordingly\s*,\s*|therefore\s*,\s*)?we\s+(?:therefore\s+|accordingly\s+|now\s+)?hold\s+that\b", re.I
)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# Each family of rules with the words without which none of them fits: sentences are cut only around those.
FAMILIES: tuple[tuple[re.Pattern[str], tuple[Rule, ...]], ...] = (
    (_words(r"overrul|repudiat|abandoned|disavow|good\s+law|longer\s+(?:the\s+)?law"), OVERRULING),
    (_words(r"abrogat|supersed|overrul|overturned|overrode|congress\s+(?:\w+\s+)?repudiat"), UNDONE),
    (
        _words(
            r"disavow|arguabl|\bwe\s+(?:\w+\s+){0,4}?(?:decline|refuse|limit|confine|narrow|disapprove|question|"
            r"doubt|disagree|reject)|"
            r"not\s+(?:follow|persuaded|persuasive|correct)|\b(?:limited|modified|confined|disapproved)\b|"
            r"(?:poor|bad|wrong|incorrect|erroneous|mistaken|unsound)ly|unsound|ill[ -]considered|\bwrong\b|"
            r"unpersuasive|"
            r"casts?\s+(?:\w+\s+)?doubt|to\s+question|into\s+(?:\w+\s+)?(?:question|doubt)|doubtful|questionable|"
            r"undermined|vitality"
        ),
        DOUBT,
    ),
    (
        _words(
            r"distinguish|different|inapposite|inapplicable|beside\s+the\s+point|\bunlike|"
            r"not\s+(?:controlling|in\s+point|on\s+point|to\s+the\s+contrary|applicable|dispositive|apposite)|"
            r"of\s+(?:no|little)\s+(?:help|use|avail|assistance)|not\s+(?:control|govern|apply|dictate|compel|"
            r"resolve|support)|"
            r"reliance\s+(?:up)?on|no\s+(?:application|bearing)"
        ),
        DISTINGUISHING,
    ),
    (
        _words(
            r"\bfollow(?:ed|ing)?\b|\badhere|\breaffirm|\bapprove\b|\badopt\b|\breiterate\b|"
            r"as\s+we\s+(?:have\s+)?(?:held|said|"
            r"decided|explained|recognized|concluded)|\bmet\s+the|\bbinding\b|\bcontrol(?:s|led|ling)\b|dispositive|"
            r"\bgovern(?:s|ed)\b|"
            r"foreclose|compelled|dictated|\bappl(?:ying|ied)\b|\bunder\b|\bas\s+in\b|no\s+reason\s+for"
        ),
        FOLLOWING,
    ),
    (
        _words(
            r"\bsever(?:ed)?\b|pre-?\s?empted|unconstitutional|\bin\s+violation\s+of|\b(?:in)?valid\b|\bvoid\b|violates?\b|\bexceeds\b|"
            r"contravenes?\b|"
            r"offends?\b|abridges?\b|strike\s+down|be\s+sustained|\buphold\b|\bconstitutional\b|satisf(?:y|ies)|unreasonable|"
            r"in\s+(?:our|my)\s+view"
        ),
        LAWS,
    ),
)

# Before the telling words, in the same clause: the thing is denied, imagined or left open.
DENIED = re.compile(
    r"\b(?:not|nothing|never|nor|neither|without|declin\w+|refus\w+|unwilling|cannot|hesitat\w+|rather\s+than|instead\s+of|"
    r"no\s+(?:need|reason|occasion|"
    r"justification|cause|basis|doubt\s+that)|whether|if|once|unless|would|could|might|(?<!whatever\s)may|were\s+to|"
    r"had\s+we|reconsider|suggest\w*\s+that|"
    r"suppos\w+|assum\w+|until|unnecessary|far\s+from|n['’]t|attempts?\s+to|effort\s+to)\b|\bto\s*$",
    re.I,
)
DENIED_SEPARATE = re.compile(
    r"\b(?:not|never|nor|neither|declin\w+|refus\w+|whether|if|unless|were\s+to|cannot|rather\s+than|without|"
    r"unnecessary|attempts?\s+to)\b"
    r"|\bto\s*$",
    re.I,
)
REPROACH = re.compile(r"\bcourt\b.*\b(?:effectively|in\s+effect|implicitly|sub\s+silentio|all\s+but)\b", re.I | re.S)
# Before the telling words: they are those of somebody else.
_WHO = (
    r"(?:petitioners?|respondents?|appell(?:ants?|ees?)|plaintiffs?|defendants?|the\s+(?:government|states?|"
    r"commonwealth|people|parties|party|dissent(?:ers?|ing\s+\w+)?|"
    r"concurrence|majority|plurality|united\s+states|solicitor\s+general|attorney\s+general|secretary|commission|"
    r"board|agency|district\s+court|"
    r"trial\s+court|(?:court|courts)\s+of\s+appeals?|state\s+court|lower\s+courts?|panel|(?:\w+\s+)?circuit|"
    r"(?:\w+\s+)?supreme\s+court|court\s+below|"
    r"other\s+courts?|magistrate|judge)|(?:chief\s+)?justice\s+\w+|counsel|amic\w+|some\s+\w+|commentators?|critics|"
    r"he|she|they|court\s+of\s+appeals|others)"
)
_SAYS = (
    r"(?:argu|contend|ask|urg|submit|claim|assert|maintain|insist|suggest|say|says|said|believ|think|thought|invit|"
    r"request|propos|conced|"
    r"object|complain|fear|predict|told|read|reason|held|holding|hold|conclud|found|find|rul|declar|determin|not|"
    r"observ|stat|respond|repl|seek|sought|"
    r"would|wish|want|view|characteri|describ|acknowledg|recogni|treat|regard|consider)"
)
SAID_BY_OTHERS = re.compile(
    rf"\b{_WHO}\b(?:['’]s?)?(?:\s*,[^,;]{{0,80}},)?(?:\s+[\w-]+){{0,4}}?\s+{_SAYS}(?:s|es|ed|ing|ting|ies|ied|d|e|"
    rf"zes|zed|zing)?\b"
    rf"|\b{_WHO}['’]s?\s+(?:\w+\s+){{0,2}}(?:argument|contention|view|position|theory|claim|suggestion|request|"
    rf"invitation|assertion|belief|motion|brief|submission)"
    r"|\baccording\s+to\b|\bin\s+(?:his|her|their|its)\s+view\b|\bask(?:s|ed|ing)?\s+(?:us|this\s+court)\s+to\b|"
    r"\b(?:invitation|request|argument|contention|suggestion|plea)\s+(?:to|that)\b"
    r"|\bon\s+the\s+(?:ground|theory|assumption|basis|premise)s?\s+that\b|\b(?:moved?|sought|seeks?|petition(?:ed)?|"
    r"motion)\s+(?:to|for)\b"
    r"|\bfor\s+the\s+proposition\s+that\b|\bexpress(?:ed|es|ing)\s+the\s+view\b|\bit\s+is\s+(?:argued|contended|"
    r"said|claimed|urged|suggested)\b|\bheld\s+that\b|\breasons?\s+why\b"
    r"|\b(?<!of\sthe\s)(?:claim|assertion|view|proposition|idea|notion|belief|charge|fear|thesis|premise|holding|conclusion|statement|finding|"
    r"ruling|dictum|dicta|theory|position)s?\s+that\b|\b(?:under|by)\s+which\b",
    re.I,
)
# A clause behind "that" is what somebody says; the court itself says it only behind words such as these.
BEHIND_THAT = re.compile(r"\bthat\s+[^,;.]{0,60}$", re.I)
OWN_VIEW = re.compile(
    r"\b(?:we|i|(?:this|the)\s+court)\b[^.;]{0,80}?\b(?:hold|holds|conclude|concludes|declare|find|think|believe|"
    r"agree|acknowledge|recognize|"
    r"confirm|reiterate|repeat|say|view)\b[^.;]{0,60}\bthat\s+[^;.]{0,80}$|\b(?:it\s+is\s+(?:clear|plain|evident)|"
    r"it\s+follows|there\s+is\s+no\s+doubt|no\s+doubt)\s*,?\s+that\s+[^,;.]{0,60}$",
    re.I,
)
# What may stand between the beginning of a clause and its subject.
SUBJECT_PLACE = re.compile(
    r"(?:^|[,;:(—\"“'‘\]}]|--|\b(?:that|and|but|or|because|since|as|so|though|although|while|whereas|thus|therefore|"
    r"accordingly|"
    r"here|moreover|however|indeed|both|yet|hence|today|extent|insofar|is|be|whether|if)\b)\s*"
    r"(?:(?:the|our|its|this\s+court['’]s|that|his|her|their|whatever|even|neither|a|an)\s+(?:[\w'’-]+\s+)"
    r"{0,7}(?:of|in|from|by|on)\s+)?$",
    re.I,
)
IN_A_STRING = re.compile(r"(?:\bsee|\bcf\.?|\be\.\s?g\.?|\baccord|\bcompare|\balso)\s*,?\s*$|\d\)?\s*;\s*$", re.I)
SAID_BY_A_PARTY = re.compile(
    r"\b(?!Court\b|We\b|It\b|This\b|That\b|They\b)[A-Z][\w'’]+\s+(?:suggest|argue|contend|claim|assert|maintain|"
    r"insist|submit|urge|"
    r"believe|complain)(?:s|ed)?\b"
)
# Behind the telling words, as an aside: "..., Justice Souter explains, ..."
SAID_ASIDE = re.compile(
    rf",\s+(?:as\s+)?{_WHO}\s+(?:explain|argue|contend|say|suggest|maintain|insist|assert|claim|submit|tell)"
    rf"s?(?:\s+us)?\s*[,.]|,\s+(?:or\s+so|(?:says?|argues?|contends?|insists?|according\s+to)\s+{_WHO})\b",
    re.I,
)
SCOPES = (
    re.compile(r"\b(?:to\s+the\s+extent|in\s*so\s*far\s+as|insofar\s+as)\b[^;]{3,300}?"
               r"(?=,\s*(?:it|they|we|\ue000)\b|[.;]\s*$|,\s+but\b|\Z)", re.I),
    re.compile(r"\bas\s+applied\s+to\b[^;.]{3,200}", re.I),
    re.compile(r"\bas\s+to\b[^;,.]{3,120}", re.I),
    re.compile(r"\bon\s+(?:other|different)\s+grounds\b", re.I),
    re.compile(rf"(?<=\s)(?:(?<=overruled\s)|(?<={FILL}\s)|(?<={CASE_MARK}\s))"
               r"in\s+(?:relevant\s+)?part\b(?!\s*,?\s+on\s+our)", re.I),
    re.compile(r"\bas\s+temporarily\s+amended\b", re.I),
    re.compile(r"\bin\s+its\s+entirety\b|\bon\s+(?:its|their)\s+face\b|\bfacially\b", re.I),
)  # fmt: skip
# The telling words may hold the beginning of the limit: "is confined to its ..."
LIMIT_BEGUN = re.compile(r"\bto\s+(?:its|the|their|cases|situations)\b", re.I)
LIMITED_TO = re.compile(
    r"\bto\s+what\s+was\s+before\s+the\s+court,\s+which\s+was\s+(?P<scope>[^.;]+)|\bto\s+(?P<rest>[^.;]{3,160})", re.I
)
PARTIAL = re.compile(
    rf"\bto\s+the\s+extent\b|\binsofar\s+as\b|\bin\s+so\s+far\s+as\b|(?:overruled|overruling|{FILL}|{CASE_MARK})"
    rf"\s+in\s+(?:relevant\s+)?part\b|\bthe\s+(?:portions?|parts?)\s+of\b|"
    r"\bon\s+(?:other|different)\s+grounds\b"
    r"|\bthose\s+(?:portions|parts)\s+of\b|\bso\s+much\s+of\b|\bthat\s+portion\s+of\b",
    re.I,
)
AS_APPLIED = re.compile(
    r"\bas\s+applied\b|\bas-applied\b|\bin\s+so\s+far\s+as\s+it\s+applies\b|\binsofar\s+as\s+it\b", re.I
)
