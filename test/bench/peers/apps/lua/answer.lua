-- What all services here share: an answer with a length.
function answer(applet, content_type, body)
  applet:set_status(200)
  applet:add_header("content-type", content_type)
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end
