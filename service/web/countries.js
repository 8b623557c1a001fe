// The countries that a document can be about, by their ISO 3166-1 codes, with their names.

const NAMES = new Intl.DisplayNames("en", { type: "region" });
const split = (codes) => codes.split(" ");

/** The codes by group; those that the collection is mostly about come first. */
export const COUNTRIES = [
  ["The relations", split("KR UZ PE")],
  ["Latin America and the Caribbean", split(
    "AG AR BS BB BZ BO BR CL CO CR CU DM DO EC SV GD GT GY HT HN JM KN LC MX NI PA PY SR TT UY VC VE")],
  ["All others", split(
    "AD AE AF AI AL AM AO AQ AS AT AU AW AX AZ BA BD BE BF BG BH BI BJ BL BM BN BQ BT BV BW BY CA CC " +
    "CD CF CG CH CI CK CM CN CV CW CX CY CZ DE DJ DK DZ EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GE " +
    "GF GG GH GI GL GM GN GP GQ GR GS GU GW HK HM HR HU ID IE IL IM IN IO IQ IR IS IT JE JO JP KE KG " +
    "KH KI KM KP KW KY KZ LA LB LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR " +
    "MS MT MU MV MW MY MZ NA NC NE NF NG NL NO NP NR NU NZ OM PF PG PH PK PL PM PN PR PS PT PW QA RE " +
    "RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SS ST SX SY SZ TC TD TF TG TH TJ TK TL TM " +
    "TN TO TR TV TW TZ UA UG UM US VA VG VI VN VU WF WS YE YT ZA ZM ZW")],
];

/** Name a country; a code that is none comes back as it is, for the server to refuse. */
export function countryName(code) {
  return /^[A-Z]{2}$/.test(code) ? NAMES.of(code) : code;
}
