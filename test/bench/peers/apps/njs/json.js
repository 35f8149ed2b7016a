const CUSTOMERS = 52;

function customer(id) {
  return {
    id,
    name: `Customer ${id}`,
    email: `customer${id}@example.com`,
    active: id % 3 !== 0,
    cents: id * 1250,
    tags: ["retail", "north", `group-${id % 7}`],
    address: { street: `${id} Main Street`, city: "Springfield", zip: String(10000 + id) },
  };
}

function handle(r) {
  const customers = [];
  for (let id = 1; id <= CUSTOMERS; id++) customers.push(customer(id));
  r.headersOut["content-type"] = "application/json";
  r.return(200, JSON.stringify({ page: 1, total: CUSTOMERS, customers }));
}

export default { handle };
