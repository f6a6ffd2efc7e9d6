;; Finds blocks of 64 bytes in which a long row of bytes of one kind ends or goes on: 14 of what
;; numbers are written with, 19 of base64. `rows.ts` holds what this is compiled to (wat2wasm
;; rows.wat), and `rows.debian.test.ts` holds the two together.
;;
;; A byte belongs to a kind when the entry of its low half in the table of the kind has the bit of
;; its high half. The high halves A and C share the bit no other uses: a0 and c2 are in numbers,
;; a2 and c0 pass for the same. So more blocks may be told than there are rows; never fewer.
(module
  ;; 256 KiB to look at, 64 bytes behind them, and from 262208 on what was found.
  (memory (export "memory") 5)

  ;; Which of 16 bytes are not of a kind: one bit each, the first byte lowest.
  ;; low: the low halves; high: what the table of high halves says of them; kind: its table.
  (func $strangers (param $low v128) (param $high v128) (param $kind v128) (result i64)
    (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
      (v128.const i64x2 0 0)
      (v128.and (local.get $high) (i8x16.swizzle (local.get $kind) (local.get $low)))))))

  ;; How many at the end of the block before and the beginning of this one stand in one row.
  (func $seam (param $before i64) (param $bits i64) (result i64)
    (i64.add
      (i64.clz (i64.xor (local.get $before) (i64.const -1)))
      (i64.ctz (i64.xor (local.get $bits) (i64.const -1)))))

  (func $with (param $bits i64) (param $by i64) (result i64)
    (i64.and (local.get $bits) (i64.shr_u (local.get $bits) (local.get $by))))

  ;; Bits at which eight in a row begin.
  (func $eights (param $bits i64) (result i64)
    (call $with
      (call $with (call $with (local.get $bits) (i64.const 1)) (i64.const 2))
      (i64.const 4)))

  ;; Of each block found: its number times 4, and 1 for a row of numbers, 2 for one of base64.
  ;; Returns how many there are.
  (func (export "rows") (param $blocks i32) (result i32)
    (local $block i32) (local $found i32) (local $kinds i32) (local $at i32)
    (local $numbers i64) (local $numbersBefore i64) (local $codes i64) (local $codesBefore i64)
    (local $bytes v128) (local $low v128) (local $high v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $block) (local.get $blocks)))
        (local.set $at (i32.shl (local.get $block) (i32.const 6)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $low (v128.and (local.get $bytes)
          (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
        (local.set $high (i8x16.swizzle (v128.const i8x16 1 0 4 8 16 32 64 128 0 0 2 0 2 0 0 0)
          (v128.and (i16x8.shr_u (local.get $bytes) (i32.const 4))
            (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f))))
        (local.set $numbers (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 15 88 218 92 216 252 92 8 168 9 1 13 33 5 68 36)))
        (local.set $codes (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 168 248 248 248 248 248 248 248 248 248 241 84 80 85 80 116)))
        (local.set $bytes (v128.load offset=16 (local.get $at)))
        (local.set $low (v128.and (local.get $bytes)
          (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
        (local.set $high (i8x16.swizzle (v128.const i8x16 1 0 4 8 16 32 64 128 0 0 2 0 2 0 0 0)
          (v128.and (i16x8.shr_u (local.get $bytes) (i32.const 4))
            (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f))))
        (local.set $numbers (i64.or (local.get $numbers) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 15 88 218 92 216 252 92 8 168 9 1 13 33 5 68 36))
          (i64.const 16))))
        (local.set $codes (i64.or (local.get $codes) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 168 248 248 248 248 248 248 248 248 248 241 84 80 85 80 116))
          (i64.const 16))))
        (local.set $bytes (v128.load offset=32 (local.get $at)))
        (local.set $low (v128.and (local.get $bytes)
          (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
        (local.set $high (i8x16.swizzle (v128.const i8x16 1 0 4 8 16 32 64 128 0 0 2 0 2 0 0 0)
          (v128.and (i16x8.shr_u (local.get $bytes) (i32.const 4))
            (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f))))
        (local.set $numbers (i64.or (local.get $numbers) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 15 88 218 92 216 252 92 8 168 9 1 13 33 5 68 36))
          (i64.const 32))))
        (local.set $codes (i64.or (local.get $codes) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 168 248 248 248 248 248 248 248 248 248 241 84 80 85 80 116))
          (i64.const 32))))
        (local.set $bytes (v128.load offset=48 (local.get $at)))
        (local.set $low (v128.and (local.get $bytes)
          (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f)))
        (local.set $high (i8x16.swizzle (v128.const i8x16 1 0 4 8 16 32 64 128 0 0 2 0 2 0 0 0)
          (v128.and (i16x8.shr_u (local.get $bytes) (i32.const 4))
            (v128.const i64x2 0x0f0f0f0f0f0f0f0f 0x0f0f0f0f0f0f0f0f))))
        (local.set $numbers (i64.or (local.get $numbers) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 15 88 218 92 216 252 92 8 168 9 1 13 33 5 68 36))
          (i64.const 48))))
        (local.set $codes (i64.or (local.get $codes) (i64.shl
          (call $strangers (local.get $low) (local.get $high)
          (v128.const i8x16 168 248 248 248 248 248 248 248 248 248 241 84 80 85 80 116))
          (i64.const 48))))
        (local.set $numbers (i64.xor (local.get $numbers) (i64.const -1)))
        (local.set $codes (i64.xor (local.get $codes) (i64.const -1)))
        (local.set $kinds (i32.or
          (i32.or
            (i64.ge_u (call $seam (local.get $numbersBefore) (local.get $numbers)) (i64.const 14))
            (i64.ne (i64.const 0) (call $with (call $eights (local.get $numbers)) (i64.const 6))))
          (i32.shl
            (i32.or
              (i64.ge_u (call $seam (local.get $codesBefore) (local.get $codes)) (i64.const 19))
              (i64.ne (i64.const 0) (call $with
                (call $with (call $eights (local.get $codes)) (i64.const 8)) (i64.const 3))))
            (i32.const 1))))
        (if (local.get $kinds) (then
          (i32.store offset=262208 (i32.shl (local.get $found) (i32.const 2))
            (i32.or (local.get $kinds) (i32.shl (local.get $block) (i32.const 2))))
          (local.set $found (i32.add (local.get $found) (i32.const 1)))))
        (local.set $numbersBefore (local.get $numbers))
        (local.set $codesBefore (local.get $codes))
        (local.set $block (i32.add (local.get $block) (i32.const 1)))
        (br $next)))
    (local.get $found)))
