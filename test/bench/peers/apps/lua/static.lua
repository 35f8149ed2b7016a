local TEXT = string.rep("Never allocate. ", 64)

core.register_service("bench", "http", function(applet)
  answer(applet, "text/plain", TEXT)
end)
