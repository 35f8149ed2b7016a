import type { Handler } from "nea-gateway";

// A page of customers, about 10 KB of JSON, made anew for every request.
const CUSTOMERS = 52;

function customer(id: number) {
  return {
    id,
    name: `Customer ${id}`,
    email: `customer${id}@example.com`,
    active: id % 3 !== 0,
    cents: id * 1250,
    tags: ["retail", "north", `group-${id % 7}`],
    address: { street: `${id} Main Street`, city: "Springfield", zip: String(10_000 + id) },
  };
}

export default {
  fetch() {
    const customers = Array.from({ length: CUSTOMERS }, (_, index) => customer(index + 1));
    return Response.json({ page: 1, total: CUSTOMERS, customers });
  },
} satisfies Handler;
