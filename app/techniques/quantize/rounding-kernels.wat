;; Rounding of float32 weights in groups to codes, sixteen weights at a time: a group has a multiple of 16 of them.
;; Every address is a byte offset, `size` the bytes of a group's weights.
(module
  (import "lathe" "memory" (memory 1))

  ;; Of each group the least and the greatest value, zero counted in: float32 [groups] each.
  (func (export "extremes")
      (param $x i32) (param $lows i32) (param $highs i32) (param $groups i32) (param $size i32)
    (local $end i32) (local $v v128) (local $low v128) (local $high v128)
    (block $done (loop $group
      (br_if $done (i32.eqz (local.get $groups)))
      (local.set $low (v128.const f32x4 0 0 0 0))
      (local.set $high (v128.const f32x4 0 0 0 0))
      (local.set $end (i32.add (local.get $x) (local.get $size)))
      (loop $next
        (local.set $v (v128.load (local.get $x)))
        (local.set $low (f32x4.pmin (local.get $low) (local.get $v)))
        (local.set $high (f32x4.pmax (local.get $high) (local.get $v)))
        (local.set $x (i32.add (local.get $x) (i32.const 16)))
        (br_if $next (i32.ne (local.get $x) (local.get $end))))
      (local.set $low (f32x4.pmin (local.get $low)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $low) (local.get $low))))
      (local.set $low (f32x4.pmin (local.get $low)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 (local.get $low) (local.get $low))))
      (local.set $high (f32x4.pmax (local.get $high)
        (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $high) (local.get $high))))
      (local.set $high (f32x4.pmax (local.get $high)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 (local.get $high) (local.get $high))))
      (f32.store (local.get $lows) (f32x4.extract_lane 0 (local.get $low)))
      (f32.store (local.get $highs) (f32x4.extract_lane 0 (local.get $high)))
      (local.set $lows (i32.add (local.get $lows) (i32.const 4)))
      (local.set $highs (i32.add (local.get $highs) (i32.const 4)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br $group))))

  ;; Codes of four weights: min(max(x * inverse + zero, 0), most), rounded half up, which is exact where the fraction is
  ;; compared instead of a half added.
  (func $codes (param $x v128) (param $inverse v128) (param $zero v128) (param $most v128) (result v128)
    (local $whole v128)
    (local.set $x (f32x4.add (f32x4.mul (local.get $x) (local.get $inverse)) (local.get $zero)))
    (local.set $x (f32x4.pmin (local.get $most) (f32x4.pmax (v128.const f32x4 0 0 0 0) (local.get $x))))
    (local.set $whole (i32x4.trunc_sat_f32x4_s (local.get $x)))
    (i32x4.sub (local.get $whole) (f32x4.ge
      (f32x4.sub (local.get $x) (f32x4.convert_i32x4_s (local.get $whole)))
      (v128.const f32x4 0.5 0.5 0.5 0.5))))

  ;; Codes, moved up by `shift` bits: a byte each where `wide`, else two in a byte, the low half first.
  (func (export "round")
      (param $x i32) (param $inverses i32) (param $zeros i32) (param $y i32) (param $groups i32) (param $size i32)
      (param $most f32) (param $shift i32) (param $wide i32)
    (local $end i32) (local $inverse v128) (local $zero v128) (local $top v128) (local $bytes v128)
    (local.set $top (f32x4.splat (local.get $most)))
    (block $done (loop $group
      (br_if $done (i32.eqz (local.get $groups)))
      (local.set $inverse (v128.load32_splat (local.get $inverses)))
      (local.set $zero (v128.load32_splat (local.get $zeros)))
      (local.set $end (i32.add (local.get $x) (local.get $size)))
      (loop $next
        (local.set $bytes (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_u
            (call $codes (v128.load (local.get $x)) (local.get $inverse) (local.get $zero) (local.get $top))
            (call $codes (v128.load offset=16 (local.get $x)) (local.get $inverse) (local.get $zero) (local.get $top)))
          (i16x8.narrow_i32x4_u
            (call $codes (v128.load offset=32 (local.get $x)) (local.get $inverse) (local.get $zero) (local.get $top))
            (call $codes (v128.load offset=48 (local.get $x)) (local.get $inverse) (local.get $zero) (local.get $top)))))
        (local.set $bytes (i8x16.shl (local.get $bytes) (local.get $shift)))
        (if (local.get $wide)
          (then
            (v128.store (local.get $y) (local.get $bytes))
            (local.set $y (i32.add (local.get $y) (i32.const 16))))
          (else
            (local.set $bytes (v128.and
              (v128.or (local.get $bytes) (i16x8.shr_u (local.get $bytes) (i32.const 4)))
              (v128.const i16x8 255 255 255 255 255 255 255 255)))
            (v128.store64_lane 0 (local.get $y) (i8x16.narrow_i16x8_u (local.get $bytes) (local.get $bytes)))
            (local.set $y (i32.add (local.get $y) (i32.const 8)))))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (br_if $next (i32.ne (local.get $x) (local.get $end))))
      (local.set $inverses (i32.add (local.get $inverses) (i32.const 4)))
      (local.set $zeros (i32.add (local.get $zeros) (i32.const 4)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br $group))))
)
