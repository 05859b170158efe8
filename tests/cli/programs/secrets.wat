;; A component that prints what it was told: the value of its first variable, its last argument, the
;; first 16 bytes of standard input; the rest of the input it splices to standard output.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:io/error@0.2.0" (instance $error
    (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (alias outer 1 $error-type (type $outer-error))
    (export "error" (type $error (eq $outer-error)))
    (type $stream-error-shape
      (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-shape)))
    (export "[method]input-stream.blocking-read"
      (func (param "self" (borrow $input)) (param "len" u64)
            (result (result (list u8) (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output)) (param "contents" (list u8))
            (result (result (error $stream-error)))))
    (export "[method]output-stream.blocking-splice"
      (func (param "self" (borrow $output)) (param "src" (borrow $input)) (param "len" u64)
            (result (result u64 (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input (type $outer-input))
    (export "input-stream" (type $input (eq $outer-input)))
    (export "get-stdin" (func (result (own $input))))))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $outer-output))
    (export "output-stream" (type $output (eq $outer-output)))
    (export "get-stdout" (func (result (own $output))))))

  (core module $Memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (data (i32.const 16) "\n"))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))

  (alias export $environment "get-environment" (func $get-environment))
  (alias export $environment "get-arguments" (func $get-arguments))
  (alias export $stdin "get-stdin" (func $get-stdin))
  (alias export $stdout "get-stdout" (func $get-stdout))
  (alias export $streams "[method]input-stream.blocking-read" (func $read))
  (alias export $streams "[method]output-stream.blocking-write-and-flush" (func $write))
  (alias export $streams "[method]output-stream.blocking-splice" (func $splice))
  (core func $get-environment-lowered
    (canon lower (func $get-environment) (memory $bytes) (realloc $realloc)))
  (core func $get-arguments-lowered
    (canon lower (func $get-arguments) (memory $bytes) (realloc $realloc)))
  (core func $get-stdin-lowered (canon lower (func $get-stdin)))
  (core func $get-stdout-lowered (canon lower (func $get-stdout)))
  (core func $read-lowered (canon lower (func $read) (memory $bytes) (realloc $realloc)))
  (core func $write-lowered (canon lower (func $write) (memory $bytes)))
  (core func $splice-lowered (canon lower (func $splice) (memory $bytes)))

  (core module $Main
    (import "host" "get-environment" (func $get-environment (param i32)))
    (import "host" "get-arguments" (func $get-arguments (param i32)))
    (import "host" "get-stdin" (func $get-stdin (result i32)))
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "read" (func $read (param i32 i64 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "splice" (func $splice (param i32 i32 i64 i32)))
    (import "memory" "memory" (memory 1))
    (global $stdout (mut i32) (i32.const 0))
    ;; Prints the string that is described at $at.
    (func $print (param $at i32)
      (call $write (global.get $stdout) (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))
                   (i32.const 64))
      (call $write (global.get $stdout) (i32.const 16) (i32.const 1) (i32.const 64)))
    (func (export "run") (result i32)
      (local $stdin i32)
      (global.set $stdout (call $get-stdout))
      (local.set $stdin (call $get-stdin))
      (call $get-environment (i32.const 32))
      (if (i32.load (i32.const 36))
        (then (call $print (i32.add (i32.load (i32.const 32)) (i32.const 8)))))
      (call $get-arguments (i32.const 32))
      (call $print (i32.add (i32.load (i32.const 32))
                            (i32.mul (i32.sub (i32.load (i32.const 36)) (i32.const 1)) (i32.const 8))))
      (call $read (local.get $stdin) (i64.const 16) (i32.const 48))
      (if (i32.eqz (i32.load8_u (i32.const 48)))
        (then (call $print (i32.const 52))
              (call $splice (global.get $stdout) (local.get $stdin) (i64.const 1000) (i32.const 80))))
      (i32.const 0)))
  (core instance $main (instantiate $Main
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get-environment" (func $get-environment-lowered))
      (export "get-arguments" (func $get-arguments-lowered))
      (export "get-stdin" (func $get-stdin-lowered))
      (export "get-stdout" (func $get-stdout-lowered))
      (export "read" (func $read-lowered))
      (export "write" (func $write-lowered))
      (export "splice" (func $splice-lowered))))))

  (alias core export $main "run" (core func $run))
  (func $run-lifted (result (result)) (canon lift (core func $run)))
  (component $Run
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $run-instance (instantiate $Run (with "run" (func $run-lifted))))
  (export "wasi:cli/run@0.2.0" (instance $run-instance)))
