local function hog()
  local kept = {}
  while true do
    local slots = {}
    for index = 1, 1024 do slots[index] = #kept end
    kept[#kept + 1] = slots
  end
end

core.register_service("bench", "http", function(applet)
  local first, name = applet.path:match("^/([^/]*)/?([^/]*)")
  if first == "hog" then hog() end
  answer(applet, "text/plain", "hello " .. (name ~= "" and name or "you") .. "\n")
end)
