package transfer

import "hash/crc32"

// castagnoli is read only; the standard library builds it once.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC32C continues the Castagnoli checksum sum with p; the checksum of nothing is 0.
func CRC32C(sum uint32, p []byte) uint32 { return crc32.Update(sum, castagnoli, p) }

// CombineCRC32C is the checksum of a followed by b, from the checksums of both and the length of b in bytes. It takes
// O(log length) steps, so parts may be summed in any order and joined at the end.
func CombineCRC32C(a, b uint32, length int64) uint32 {
	// Appending n zero bytes multiplies the checksum by x^(8n) modulo the polynomial; the checksum of b is then added.
	power, shift := uint32(1)<<31, uint32(1)<<23 // x^0 and x^8 in reflected form
	for n := length; n > 0; n >>= 1 {
		if n&1 == 1 {
			power = multiplyMod(power, shift)
		}
		shift = multiplyMod(shift, shift)
	}
	return multiplyMod(power, a) ^ b
}

// multiplyMod is a·b modulo the Castagnoli polynomial, over GF(2), with the lowest power in the highest bit.
func multiplyMod(a, b uint32) uint32 {
	var product uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		odd := b & 1
		b >>= 1
		if odd == 1 {
			b ^= crc32.Castagnoli
		}
	}
	return product
}
