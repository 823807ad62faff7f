"""Words that say nothing about the subject of a legal text.

Three groups: English function words, the drafting words of any statute, and the apparatus of citation and
opinion writing. All lower case. Subject words that merely are frequent are left to the weighting.
"""

from __future__ import annotations

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

_FUNCTION = """
according accordance accordingly actually additional adequate ago ahead aforesaid allow allowed allows almost
alternatively apart appropriate appears appear arising aside asserted assume based basis became because
begin beginning began behalf believe best better bring brings brought called came case certain certainly
clear clearly come comes concerning concerned consequently consider considered considering considers
consistent contained containing contains contrary conclude concluded concludes conclusion could concern
correct course deal deem deemed despite determine determined did different difference difficult directly
does doing done entirely equally especially essentially event evidently example exactly exist existing
exists expressly extent face fact facts fail failed fails far following follows forth forward found general
generally given gives giving goes going good got having hence hereby how-ever identified immediately
important including included includes include inasmuch indeed indicate indicated indicates initially instance
instead involve involved involves involving issue issues kind know known largely later latter lead leads least
let like likely likewise little long longer look looking made main mainly make makes making manner
matter matters mean meaning means merely mere mention mentioned moreover namely near nearly necessarily
necessary need needed needs nonetheless note noted notes nothing notwithstanding number obvious obviously occur
occurs occurred offer original originally ought outright part particular particularly parts past perhaps
place plain plainly point pointed points possible precisely present presented presumably
previous previously prior probably properly provide provided provides providing provision provisions purpose
purposes quite quoted quoting quotation rather reach reached read reading really reason reasons reasonably
recognize recognized refer referred refers reference regard regarding regardless related relate relates
relating relation relatively relevant reliance rely remain remaining remains require required requirement
requirements requires respect respecting respective respectively result resulted results right said same
say saying says second seem seemed seems seen set sets setting several shall short show shown shows simply
situation so-called sort specifically specified specify stated statement statements subject subjects
substantially such sufficient sufficiently suggest suggested suggests supply suppose surely
take taken takes taking tell tends thing things think though thought thus time times today told turn turned
turns type types typically ultimately undoubtedly unless unlike upon use used uses using usually various
very view views want way ways well went whatever wholly words word would wrote year years yet
one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty ninety
hundred thousand million first third fourth fifth sixth seventh eighth ninth tenth
january february march april june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec colspan rowspan
day days month months annum date dates ii iii iv vi vii viii ix xi xii xiii xiv xv
"""

_DRAFTING = """
act acts amended amendment amendments amending appendix applicable application applied applies apply applying
article articles carry carried chapter chapters clause clauses code codes cross
described description designated effective enacted enactment established except exception expiration
heretofore hereafter hereinafter hereinbefore herein hereof hereto hereunder insert inserted inserting
item law laws mentioned omitted paragraph paragraphs person persons pertaining prescribed
proviso pursuant repeal repealed repeals reserved section sections sentence-clause sub
statute statutes statutory strike striking struck subchapter subchapters subclause subdivision subdivisions subparagraph
subparagraphs subpart subsec subsection subsections subtitle table term terms thereafter thereby therefor
therefrom therein thereof thereon thereto theretofore thereunder therewith title titles
transfer-note undesignated whereas whereby wherein whereof whereupon
"""

_APPARATUS = """
accord add added affd affirm affirmed affirming aff'd am amici amicus analysis ann ante answer app
appellant appellants appellee
appellees appx argue argued argues arguing argument arguments art assn assoc bros brief briefs cert
certiorari cf chief cir cited cites citing cite citation citations cl co comm'n compare concur concurred concurrence
concurring concurs conclude cong corp ct curiam decide decided decision decisions decline declined declines
delivered dept dicta dictum dissent dissented dissenting dissents dist div ed eds emphasis ellipsis et etc
explain explained explaining explains expressed fed filed footnote footnotes ftn gov held hold holding
holdings holds honor hon ibid id inc infra inst int'l join joined joins judge judges judgment judgments jj
justice justices length ltd majority no nos opinion opinions overruled pa par pars per petitioner
petitioners petn plurality pp pub question questions rec reh'g rehearing remand remanded reporter resp
respondent respondents rev rev'd reverse reversed reverses reversing ruled ruling rulings see sess slip stat
stats supp supra syllabus tr transcript univ vacate vacated viz vol vols court courts
appeal appeals circuit district ourselves answered agree agreed agrees disagree rejected reject rejects
"""

STOP_WORDS: frozenset[str] = frozenset(
    ENGLISH_STOP_WORDS | set(_FUNCTION.split()) | set(_DRAFTING.split()) | set(_APPARATUS.split())
)
