core.register_service("bench", "http", function(applet)
  local name = applet.path:match("^/[^/]*/([^/]+)") or "you"
  answer(applet, "text/plain", "hello " .. name .. "\n")
end)
