const DAY = 86_400;
const numbers = new Intl.NumberFormat("en");
const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

export const number = (value: number): string => numbers.format(value);

/** A number with its word: "1 person", "2 people". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export const date = (seconds: number): string => dates.format(seconds * 1000);
export const moment = (time: string): string => {
  const at = Date.parse(time);
  return Number.isNaN(at) ? time : `${moments.format(at)} UTC`;
};

/** The time between something and the review, in words. */
export function age(seconds: number, review: number): string {
  const days = Math.floor((review - seconds) / DAY);
  if (days < 0) return "after the review";
  if (days === 0) return "the same day";
  if (days < 60) return `${count(days, "day")} before`;
  const months = Math.floor(days / 30.44);
  return days < 730
    ? `${count(months, "month")} before`
    : `${count(Math.floor(days / 365.25), "year")} before`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  if (part === whole) return "100 %";
  const value = (100 * part) / whole;
  return value < 1 ? "< 1 %" : value > 99 ? "> 99 %" : `${Math.round(value)} %`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Shows signs that could change how the text around them reads. Names are strangers' texts: with such a sign,
 * one can look like another.
 */
export function shown(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (sign) =>
    sign === "\n" || sign === "\t" ? " " : "\ufffd",
  );
}
