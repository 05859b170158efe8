-- Works in Neovim with nvim-dap as a person would, and writes down what is to be seen: one line a
-- move, with where the cursor has come to. tests/debug/nvim.py runs it, in the folder of the sources.

local dap = require('dap')
local seen = assert(io.open(vim.env.SEEN, 'w'))

local function say(...)
  seen:write(string.format(...), '\n')
  seen:flush()
end

local stops = 0
dap.listeners.after.event_stopped.test = function() stops = stops + 1 end
dap.listeners.after.event_output.test = function(_, body)
  say('output: %s', (body.output:gsub('\n', '')))
end

local patience = 30000

--- Waits for an answer: a function that takes what is to be called with it.
local function answer(ask)
  local found, problem
  ask(function(err, body) found, problem = body or {}, err end)
  vim.wait(patience, function() return found ~= nil end, 10)
  return found, problem
end

local function request(command, arguments)
  return answer(function(done) dap.session():request(command, arguments, done) end)
end

local function evaluate(expression)
  local result, problem = request('evaluate',
    { expression = expression, context = 'repl', frameId = dap.session().current_frame.id })
  say('%s: %s', expression, problem and problem.message or result.result)
end

local function variables()
  for _, scope in ipairs(request('scopes', { frameId = dap.session().current_frame.id }).scopes) do
    local shown = {}
    if not scope.expensive then
      local all = request('variables', { variablesReference = scope.variablesReference }).variables
      for _, one in ipairs(all) do table.insert(shown, one.name .. ' = ' .. one.value) end
    end
    if #shown > 0 then say('%s: %s', scope.name, table.concat(shown, ', ')) end
  end
end

--- Does it, and waits until the editor shows where that has led to.
local function move(name, act)
  local before = stops
  if dap.session() then dap.session().current_frame = nil end
  act()
  local arrived = vim.wait(patience, function()
    local session = dap.session()
    return stops > before and session and session.current_frame
  end, 10)
  if not arrived then error(name .. ': nothing happens') end
  local frame = dap.session().current_frame
  vim.wait(patience, function() return vim.api.nvim_win_get_cursor(0)[1] == frame.line end, 10)
  say('%s: %s, cursor at %s:%d', name, frame.name, vim.fn.expand('%:t'),
    vim.api.nvim_win_get_cursor(0)[1])
end

local function go_to_line(line) vim.api.nvim_win_set_cursor(0, { line, 0 }) end

local function open_source() vim.cmd('edit orders.c') end

local function leave()
  local left = false
  dap.listeners.after.disconnect.test = function() left = true end
  dap.disconnect({ terminateDebuggee = true })
  vim.wait(patience, function() return left and dap.session() == nil end, 10)
end

-- What a person is asked for is answered at once.
local asked = { ['Trace: '] = vim.env.TRACE, ['Program: '] = 'orders.wasm' }
vim.fn.input = function(prompt) return asked[prompt] end

local recorded, live = unpack(dap.configurations.c)

local function debug_recording()
  open_source()
  move('launch', function() dap.run(recorded) end)
  evaluate('p order->quantity')
  variables()
  go_to_line(20)
  dap.toggle_breakpoint()
  move('reverse_continue', dap.reverse_continue)
  variables()
  move('step_over', dap.step_over)
  move('step_back', dap.step_back)
  move('reverse_continue', dap.reverse_continue)
  move('continue', dap.continue)
  evaluate('when')
  dap.clear_breakpoints()
  leave()
end

local function debug_live()
  open_source()
  go_to_line(26)
  dap.toggle_breakpoint()
  move('launch', function() dap.run(live) end)
  variables()
  move('step_back', dap.step_back)
  move('continue', dap.continue)
  move('continue', dap.continue)
  evaluate('when')
  dap.clear_breakpoints()
  move('continue', dap.continue)
  leave()
end

for _, session in ipairs({ { 'a recorded run', debug_recording }, { 'a live run', debug_live } }) do
  say('%s', session[1])
  local fine, problem = pcall(session[2])
  if not fine then
    say('%s', problem)
    vim.cmd('cquit')
  end
end
seen:close()
vim.cmd('qall!')
