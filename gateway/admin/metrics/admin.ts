/** Metrics of the admin port itself. */
import { type Family, counter, gauge, single } from "../exposition.ts";

export interface AdminCounters {
  readonly connections: number;
  readonly streams: number;
  readonly refused: number;
}

export function adminFamilies(admin: AdminCounters): Family[] {
  return [
    gauge("nea_admin_connections", "Connections to the admin port.", () => single(admin.connections)),
    gauge("nea_admin_streams", "Pages that are open.", () => single(admin.streams)),
    counter(
      "nea_admin_refused_total",
      "Answers and connections refused because the admin port's own bounds were reached.",
      () => single(admin.refused),
    ),
  ];
}
