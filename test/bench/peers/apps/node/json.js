const CUSTOMERS = 52;

function customer(id) {
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

export default function json(_req, res) {
  const customers = Array.from({ length: CUSTOMERS }, (_, index) => customer(index + 1));
  const body = JSON.stringify({ page: 1, total: CUSTOMERS, customers });
  res.writeHead(200, { "content-type": "application/json" }).end(body);
}
