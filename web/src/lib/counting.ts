// Which questions ask for a number of documents.

const HELD = '(?:cases|opinions|decisions|rulings|precedents|statutes|sections|provisions|regulations|laws|documents)'
// "How many days", "how many votes" ask for what a text says, even where a section is named soon after.
const SAID = '(?:days|weeks|months|years|hours|minutes|times|dollars|votes|persons|people|witnesses|jurors)'
const HOW_MANY = new RegExp(
  `^\\W*(?:please\\W+)?(?:how many|(?:what (?:is|are) )?(?:the )?number of|count(?! of\\b))\\s+(?:(?!${SAID}\\b)[\\w'’.-]+\\s+){0,4}?${HELD}\\b`,
  'i',
)

/** Whether a query asks how many documents there are, rather than for a number that the law states. */
export const asksHowMany = (query: string): boolean => HOW_MANY.test(query)
