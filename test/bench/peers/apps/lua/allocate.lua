core.register_service("bench", "http", function(applet)
  local count = tonumber(applet.path:match("^/[^/]*/(%d+)"))
  local slots = {}
  for index = 1, count * 1024 do slots[index] = 0xaa end
  answer(applet, "text/plain", #slots .. "\n")
end)
