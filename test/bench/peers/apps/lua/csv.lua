local HEAD = '<svg xmlns="http://www.w3.org/2000/svg"><path d="'
local TAIL = '" stroke="black" fill="none"/></svg>\n'

core.register_service("bench", "http", function(applet)
  local points = {}
  for x, y in applet:receive():gmatch("([^,\n]+),([^,\n]+)") do
    points[#points + 1] = tonumber(x) .. " " .. tonumber(y)
  end
  answer(applet, "image/svg+xml", HEAD .. "M " .. table.concat(points, " L ") .. TAIL)
end)
