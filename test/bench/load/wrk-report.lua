-- Method and body from the environment; the result as a line of JSON instead of wrk's own report's rounded figures.
wrk.method = os.getenv("NEA_BENCH_METHOD") or "GET"
local body = os.getenv("NEA_BENCH_BODY") or ""
if body ~= "" then wrk.body = body end

local US_PER_MS = 1000

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  -- wrk counts answers of any status as requests.
  io.write(string.format(
    '{"requests":%d,"errors":%d,"bytes":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f,"maxMs":%f}\n',
    summary.requests - errors.status, failed, summary.bytes, summary.duration / 1e6,
    latency:percentile(50) / US_PER_MS, latency:percentile(99) / US_PER_MS, latency.max / US_PER_MS))
end
