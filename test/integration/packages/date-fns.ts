// date-fns: parsing, arithmetic, formatting, and a locale of its own (there is no Intl in an arena).
import {
  addBusinessDays,
  differenceInCalendarDays,
  formatDistance,
  formatISO,
  isValid,
  parse,
  parseISO,
} from "date-fns";
import { format, startOfWeek } from "date-fns";
import { de } from "date-fns/locale/de";

export default {
  fetch(request: Request): Response {
    const from = parseISO(new URL(request.url).searchParams.get("from") ?? "");
    if (!isValid(from)) return new Response("from must be a date", { status: 400 });
    const due = addBusinessDays(from, 5);
    return Response.json({
      due: formatISO(due, { representation: "date" }),
      days: differenceInCalendarDays(due, from),
      week: format(startOfWeek(from, { weekStartsOn: 1 }), "EEEE, d MMMM yyyy"),
      german: format(due, "EEEE, d. MMMM yyyy", { locale: de }),
      distance: formatDistance(due, from, { addSuffix: true }),
      parsed: parse("07.03.2026 14:05", "dd.MM.yyyy HH:mm", from).toISOString(),
    });
  },
};
