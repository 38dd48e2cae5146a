-- Written by pgherd; a change by hand is reverted by the next `pgherd up`.
-- Holds a new session until it can be sent on, at most 33 s.

local function status(server)
  local stats = server:get_stats()
  local check = string.gsub(stats["check_status"] or "", "^%* ", "")
  return string.sub(stats["status"] or "", 1, 2), check
end

-- The one member that says it is the primary; one that said no just now counts as up until it has said so twice.
local function one_primary()
  local found = nil
  for name, server in pairs(core.backends["primary"].servers) do
    local state, check = status(server)
    if state == "UP" and check == "L7OK" then
      if found then return nil end
      found = name
    elseif state == "UP" and string.sub(check, 1, 3) ~= "L7S" then
      return nil
    end
  end
  return found
end

-- A killed PostgreSQL refuses before Patroni and the next check know.
local function accepts(server)
  local address, port = string.match(server:get_addr(), "^%[?(.-)%]?:(%d+)$")
  local socket = core.tcp()
  socket:settimeout(2)
  local connected = socket:connect(address, tonumber(port))
  socket:close()
  return connected == 1
end

-- Says in txn.primary where the session has to go: others may still count as up.
local function a_primary(txn)
  local name = one_primary()
  if name == nil or not accepts(core.backends["primary"].servers[name]) then return false end
  txn:set_var("txn.primary", name)
  return true
end

-- Every member has been asked; one standby is near enough, or the primary stands in.
local function a_reader(txn)
  local found = false
  for _, server in pairs(core.backends["standbys"].servers) do
    local state, check = status(server)
    if check == "INI" then return false end
    if state == "UP" and check == "L7OK" then found = true end
  end
  return found or a_primary(txn)
end

local function hold(ready)
  return function(txn)
    local until_second = core.now().sec + 33
    while not ready(txn) and core.now().sec < until_second do
      core.msleep(50)
    end
  end
end

core.register_action("await_primary", { "tcp-req" }, hold(a_primary))
core.register_action("await_reader", { "tcp-req" }, hold(a_reader))
