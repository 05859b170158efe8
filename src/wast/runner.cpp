#include "wast/runner.hpp"

#include <fmt/format.h>

#include "wast/component_runner.hpp"
#include "wast/core_runner.hpp"
#include "wast/wording.hpp"

namespace reprise::wast {

namespace {

using text::Action;
using text::Assertion;
using text::Definition;
using text::Instantiation;

/// A command that does not do what it says: as an error of kind usage, whatever the reason.
std::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::usage, std::move(message));
}

class ScriptRunner {
 public:
  ScriptRunner(Stage& core, Stage& component) : core_(core), component_(component) {}

  Report run(const text::Script& script) {
    Report report;
    for (const text::Command& command : script.commands) {
      const auto done =
          std::visit([this](const auto& what) { return run_one(what); }, command.what);
      if (done) {
        report.passed++;
      } else {
        report.failures.push_back({command.line, done.error().to_string()});
      }
    }
    return report;
  }

 private:
  Stage& stage(bool is_component) { return is_component ? component_ : core_; }

  /// Where an instance is: that of the last definition, if none is named.
  Stage& stage_of(const Name& instance) {
    if (!instance) return stage(last_is_component_);
    return stage(component_.has_instance(*instance));
  }

  Result<void> define(const Definition& definition) {
    if (!definition.binary) return fail(Error(definition.binary.error()));
    return stage(definition.is_component).define(definition.id, *definition.binary);
  }

  /// Nothing, if all went well; the trap, if it trapped.
  Result<std::optional<Trap>> instantiate(const Definition& definition) {
    REPRISE_TRY(define(definition));
    last_is_component_ = definition.is_component;
    return stage(definition.is_component).instantiate(definition.id, definition.id);
  }

  Result<std::optional<Trap>> instantiate(const Instantiation& what) {
    last_is_component_ = what.is_component;
    return stage(what.is_component).instantiate(what.instance, what.definition);
  }

  Result<void> run_one(const Definition& definition) {
    if (definition.is_only_defined) return define(definition);
    REPRISE_ASSIGN(const auto trap, instantiate(definition));
    if (trap) return wrong("trapped: " + trap->to_string());
    return ok();
  }

  Result<void> run_one(const Instantiation& what) {
    REPRISE_ASSIGN(const auto trap, instantiate(what));
    if (trap) return wrong("trapped: " + trap->to_string());
    return ok();
  }

  Result<void> run_one(const text::Register& what) {
    return stage_of(what.instance).register_as(what.name, what.instance);
  }

  Result<Outcome> act(const Action& action, std::span<const text::Pattern> expected) {
    return stage_of(action.instance).act(action, expected);
  }

  Result<void> run_one(const Action& action) {
    REPRISE_ASSIGN(const Outcome outcome, act(action, {}));
    if (outcome.trap) return wrong("trapped: " + outcome.trap->to_string());
    return ok();
  }

  Result<void> run_one(const Assertion& assertion) {
    switch (assertion.kind) {
      case Assertion::Kind::returns:
        return expect_results(assertion);
      case Assertion::Kind::trap:
      case Assertion::Kind::exhaustion:
        return expect_trap(assertion);
      case Assertion::Kind::exception:
        return expect_exception(assertion);
      default:
        return expect_error(assertion);
    }
  }

  Result<void> expect_results(const Assertion& assertion) {
    const auto* action = std::get_if<Action>(&assertion.subject);
    if (!action) return wrong("only an action returns something");
    REPRISE_ASSIGN(const Outcome outcome, act(*action, assertion.expected));
    if (outcome.trap) {
      return wrong(fmt::format("\"{}\" trapped: {}", action->name, outcome.trap->to_string()));
    }
    if (outcome.matches) return ok();
    return wrong(fmt::format("\"{}\" gave {}", action->name, outcome.shown));
  }

  /// The trap that an action or an instantiation ends in.
  Result<std::optional<Trap>> trap_of(const Assertion& assertion) {
    if (const auto* action = std::get_if<Action>(&assertion.subject)) {
      REPRISE_ASSIGN(Outcome outcome, act(*action, {}));
      return std::move(outcome.trap);
    }
    if (const auto* definition = std::get_if<Definition>(&assertion.subject)) {
      return instantiate(*definition);
    }
    return instantiate(std::get<Instantiation>(assertion.subject));
  }

  Result<void> expect_trap(const Assertion& assertion) {
    REPRISE_ASSIGN(const auto trap, trap_of(assertion));
    if (!trap) return wrong(fmt::format("did not trap: expected \"{}\"", assertion.message));
    const bool is_exhaustion = trap->kind == TrapKind::call_stack_exhausted;
    if (is_exhaustion != (assertion.kind == Assertion::Kind::exhaustion) ||
        !describes(assertion.message, *trap)) {
      return wrong(
          fmt::format("trapped with \"{}\": expected \"{}\"", trap->message, assertion.message));
    }
    return ok();
  }

  Result<void> expect_exception(const Assertion& assertion) {
    REPRISE_ASSIGN(const auto trap, trap_of(assertion));
    if (trap && trap->kind == TrapKind::uncaught_exception) return ok();
    return wrong(trap ? "trapped with \"" + trap->message + "\": expected an exception"
                      : "returned: expected an exception");
  }

  Result<void> expect_error(const Assertion& assertion) {
    const auto* definition = std::get_if<Definition>(&assertion.subject);
    const bool links = assertion.kind == Assertion::Kind::unlinkable;
    Result<void> done = ok();
    if (!definition || links) {
      auto trap = trap_of(assertion);
      if (!trap) done = fail(std::move(trap.error()));
    } else {
      done = define(*definition);
    }
    if (done) return wrong(fmt::format("was accepted: expected \"{}\"", assertion.message));
    // A limit of ours has words of its own.
    const bool is_described =
        done.error().kind == ErrorKind::limit || describes(assertion.message, done.error());
    if (is_described && satisfies(assertion.kind, done.error())) return ok();
    return wrong(fmt::format("{} error \"{}\": expected \"{}\"", to_string(done.error().kind),
                             done.error().to_string(), assertion.message));
  }

  Stage& core_;
  Stage& component_;
  bool last_is_component_ = false;
};

}  // namespace

Result<Report> run_script(const text::Script& script,
                          std::shared_ptr<const runtime::Engine> engine) {
  Gate open;
  return run_script(script, std::move(engine), open);
}

Result<Report> run_script(const text::Script& script, std::shared_ptr<const runtime::Engine> engine,
                          Gate& gate) {
  REPRISE_ASSIGN(const auto core, CoreRunner::create(engine, gate));
  REPRISE_ASSIGN(const auto component, ComponentRunner::create(std::move(engine), gate));
  return ScriptRunner(*core, *component).run(script);
}

}  // namespace reprise::wast
