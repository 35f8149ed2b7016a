local CUSTOMERS = 52

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', ESCAPES) .. '"'
end

-- A list stands in a field `list`; objects are lists of pairs, as Lua keeps no order of keys.
local function encode(value)
  if type(value) == "string" then return quoted(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if value.list then
    for index, entry in ipairs(value.list) do parts[index] = encode(entry) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for index, pair in ipairs(value) do parts[index] = quoted(pair[1]) .. ":" .. encode(pair[2]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function customer(id)
  return {
    { "id", id },
    { "name", "Customer " .. id },
    { "email", "customer" .. id .. "@example.com" },
    { "active", id % 3 ~= 0 },
    { "cents", id * 1250 },
    { "tags", { list = { "retail", "north", "group-" .. id % 7 } } },
    {
      "address",
      { { "street", id .. " Main Street" }, { "city", "Springfield" }, { "zip", tostring(10000 + id) } },
    },
  }
end

core.register_service("bench", "http", function(applet)
  local customers = {}
  for id = 1, CUSTOMERS do customers[id] = customer(id) end
  local page = { { "page", 1 }, { "total", CUSTOMERS }, { "customers", { list = customers } } }
  answer(applet, "application/json", encode(page))
end)
