-- Written by pgherd; a change by hand is reverted by the next `pgherd up`.
-- Holds a new session until it can be sent on, at most 33 s.

local function status(stats)
  local check = string.gsub(stats["check_status"] or "", "^%* ", "")
  return { up = string.sub(stats["status"] or "", 1, 2) == "UP", check = check }
end

-- After a reload the old process keeps the sessions it has taken, and what it knows of the members is of the past.
local function asked_of_successor(backend)
  local socket = core.tcp()
  socket:settimeout(2)
  local found = {}
  if socket:connect("unix@/run/pgherd/haproxy.sock") then
    socket:send("show stat " .. backend .. " 4 -1\n")
    local columns = {}
    for line in string.gmatch(socket:receive("*a") or "", "[^\n]+") do
      local row, at = {}, 0
      for value in string.gmatch(line .. ",", "([^,]*),") do
        at = at + 1
        if string.sub(line, 1, 1) == "#" then columns[at] = value else row[columns[at] or ""] = value end
      end
      if row["svname"] then found[row["svname"]] = status(row) end
    end
  end
  socket:close()
  return found
end

local function stopping()
  return tostring(core.get_info()["Stopping"]) == "1"
end

local function members(backend)
  if stopping() then return asked_of_successor(backend) end
  local found = {}
  for name, server in pairs(core.backends[backend].servers) do found[name] = status(server:get_stats()) end
  return found
end

-- The one member that says it is the primary; one that said no just now counts as up until it has said so twice.
local function one_primary()
  local found = nil
  for name, member in pairs(members("primary")) do
    if member.up and member.check == "L7OK" then
      if found then return nil end
      found = name
    elseif member.up and string.sub(member.check, 1, 3) ~= "L7S" then
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
  local found = nil
  for name, member in pairs(members("standbys")) do
    if member.check == "INI" then return false end
    if member.up and member.check == "L7OK" then found = name end
  end
  if found == nil then return a_primary(txn) end
  -- the old process counts other members as up
  if stopping() then txn:set_var("txn.standby", found) end
  return true
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
