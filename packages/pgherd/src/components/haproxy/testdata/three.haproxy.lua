-- Written by pgherd; a change by hand is reverted by the next `pgherd up`.
-- Holds a new session until it can be sent on, at most 60 s.

local function status(server)
  local stats = server:get_stats()
  local check = string.gsub(stats["check_status"] or "", "^%* ", "")
  return string.sub(stats["status"] or "", 1, 2), check
end

-- One member is up and said so itself: the only one that can be meant.
local function one_primary()
  local up, sure = 0, false
  for _, server in pairs(core.backends["primary"].servers) do
    local state, check = status(server)
    if state == "UP" then
      up = up + 1
      sure = check == "L7OK"
    end
  end
  return up == 1 and sure
end

-- Every member has been asked; one standby is near enough, or the primary stands in.
local function a_reader()
  local found = false
  for _, server in pairs(core.backends["standbys"].servers) do
    local state, check = status(server)
    if check == "INI" then return false end
    if state == "UP" and check == "L7OK" then found = true end
  end
  return found or one_primary()
end

local function hold(ready)
  return function()
    local waited = 0
    while not ready() and waited < 60000 do
      core.msleep(50)
      waited = waited + 50
    end
  end
end

core.register_action("await_primary", { "tcp-req" }, hold(one_primary))
core.register_action("await_reader", { "tcp-req" }, hold(a_reader))
