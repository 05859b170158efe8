;; The smallest component that prints: what the canonical ABI needs, written by hand.
(component
  (import "wasi:io/error@0.2.0" (instance $error
    (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output (sub resource)))
    (alias outer 1 $error-type (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (type $stream-error-shape
      (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-shape)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8))
            (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $outer-output))
    (export "output-stream" (type $output (eq $outer-output)))
    (export "get-stdout" (func (result (own $output))))))

  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from a component\n"))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $bytes))

  (alias export $stdout "get-stdout" (func $get-stdout))
  (core func $get-stdout-lowered (canon lower (func $get-stdout)))
  (alias export $streams "[method]output-stream.blocking-write-and-flush" (func $write))
  (core func $write-lowered (canon lower (func $write) (memory $bytes)))
  (core func $drop (canon resource.drop $output))

  (core module $Main
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "memory" "memory" (memory 1))
    (func (export "run") (result i32)
      (local $stream i32)
      (local.set $stream (call $get-stdout))
      (call $write (local.get $stream) (i32.const 16) (i32.const 23) (i32.const 64))
      (call $drop (local.get $stream))
      (i32.load8_u (i32.const 64))))
  (core instance $main (instantiate $Main
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout-lowered))
      (export "write" (func $write-lowered))
      (export "drop" (func $drop))))))

  (alias core export $main "run" (core func $run))
  (func $run-lifted (result (result)) (canon lift (core func $run)))
  (component $Run
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $run-instance (instantiate $Run (with "run" (func $run-lifted))))
  (export "wasi:cli/run@0.2.0" (instance $run-instance)))
