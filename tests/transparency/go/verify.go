// Command verify checks a published copy of the log with the Go project's own sumdb packages: a second, independent
// reading of the formats. With -mutate it then changes the copy in as many ways and expects each to be refused.
//
//	verify DIR            key, checkpoint, tile/..., old/checkpoint, consistency, proofs/*.tlog-proof beside *.leaf
//	verify -mutate 10000 -seed 1 DIR
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A bundle is the published files by their address below DIR.
type bundle map[string][]byte

func load(dir string) (bundle, error) {
	files := bundle{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	return files, err
}

// tree opens a signed checkpoint and returns the tree that it names.
func tree(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is another log's")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("the checkpoint's size is no number")
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// entries reads every leaf from the entry bundles; their number must be the tree's.
func entries(files bundle, size int64) ([][]byte, error) {
	var leaves [][]byte
	for first := int64(0); first < size; first += 256 {
		width := int(min64(256, size-first))
		path := "tile/entries/" + strings.TrimPrefix(tlog.Tile{H: 8, L: 0, N: first / 256, W: width}.Path(), "tile/8/0/")
		data, ok := files[path]
		if !ok {
			return nil, fmt.Errorf("%s is missing", path)
		}
		for count := 0; count < width; count++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s ends inside an entry", path)
			}
			length := 2 + int(binary.BigEndian.Uint16(data))
			leaves, data = append(leaves, data[2:length]), data[length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s holds more than its entries", path)
		}
	}
	return leaves, nil
}

func min64(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

// stored computes all hashes of the tree over the leaves.
func stored(leaves [][]byte) (tlog.HashReaderFunc, error) {
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			if index >= int64(len(hashes)) {
				return nil, errors.New("a hash outside the tree")
			}
			found[at] = hashes[index]
		}
		return found, nil
	})
	for number, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(number), leaf, read)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, more...)
	}
	return read, nil
}

func verify(files bundle) error {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(files["key"])))
	if err != nil {
		return err
	}
	now, err := tree(files["checkpoint"], verifier)
	if err != nil {
		return err
	}
	leaves, err := entries(files, now.N)
	if err != nil {
		return err
	}
	read, err := stored(leaves)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(now.N, read)
	if err != nil || root != now.Hash {
		return fmt.Errorf("the leaves give another root (%v)", err)
	}
	for _, tile := range tiles(now.N) {
		right, err := tlog.ReadTileData(tile, read)
		if err != nil {
			return err
		}
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		if !bytes.Equal(files[path], right) {
			return fmt.Errorf("%s is not what the leaves give", path)
		}
	}
	if err := verifyOld(files, verifier, now); err != nil {
		return err
	}
	return verifyProofs(files, verifier)
}

// tiles lists the tiles of a tree of so many leaves. (tlog.NewTiles also lists every narrower partial tile.)
func tiles(size int64) []tlog.Tile {
	var found []tlog.Tile
	for level := 0; size > 0; level++ {
		for number := int64(0); number*256 < size; number++ {
			width := int(min64(256, size-number*256))
			found = append(found, tlog.Tile{H: 8, L: level, N: number, W: width})
		}
		size /= 256
	}
	return found
}

// verifyOld checks that an earlier checkpoint is the beginning of this one, by the proof in the file consistency.
func verifyOld(files bundle, verifier note.Verifier, now tlog.Tree) error {
	old, err := tree(files["old/checkpoint"], verifier)
	if err != nil {
		return err
	}
	var proof tlog.TreeProof
	for _, line := range strings.Fields(string(files["consistency"])) {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return fmt.Errorf("a hash of the consistency proof cannot be read: %q", line)
		}
		proof = append(proof, hash)
	}
	return tlog.CheckTree(proof, now.N, now.Hash, old.N, old.Hash)
}

// verifyProofs checks each receipt's proof file against the leaf beside it.
func verifyProofs(files bundle, verifier note.Verifier) error {
	for name, data := range files {
		if !strings.HasSuffix(name, ".tlog-proof") {
			continue
		}
		head, signed, ok := strings.Cut(string(data), "\n\n")
		lines := strings.Split(head, "\n")
		if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
			return fmt.Errorf("%s is no proof", name)
		}
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		if err != nil || lines[1] != fmt.Sprintf("index %d", index) {
			return fmt.Errorf("%s names no index", name)
		}
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := tlog.ParseHash(line)
			if err != nil || hash.String() != line {
				return fmt.Errorf("%s holds a hash that cannot be read", name)
			}
			proof = append(proof, hash)
		}
		then, err := tree([]byte(signed), verifier)
		if err != nil {
			return err
		}
		leaf := files[strings.TrimSuffix(name, ".tlog-proof")+".leaf"]
		if err := tlog.CheckRecord(proof, then.N, then.Hash, index, tlog.RecordHash(leaf)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// mutate gives a copy in which one file differs, and says how.
func mutate(files bundle, names []string, dice *rand.Rand) (bundle, string) {
	for {
		name := names[dice.Intn(len(names))]
		data := append([]byte(nil), files[name]...)
		how := dice.Intn(6)
		at, other := dice.Intn(len(data)), dice.Intn(len(data))
		switch how {
		case 0:
			data[at] ^= 1 << dice.Intn(8)
		case 1:
			data = append(data[:at], data[at+1:]...)
		case 2:
			data = append(data[:at], append([]byte{byte(dice.Intn(256))}, data[at:]...)...)
		case 3:
			data[at], data[other] = data[other], data[at]
		case 4:
			data = data[:at]
		case 5:
			data = append([]byte(nil), files[names[dice.Intn(len(names))]]...)
		}
		if meansTheSame(name, files[name], data) {
			continue
		}
		changed := bundle{}
		for key, value := range files {
			changed[key] = value
		}
		changed[name] = data
		return changed, fmt.Sprintf("%s, way %d at %d", name, how, at)
	}
}

// meansTheSame tells a change that changes nothing that is read: how the key's number and base64 are spelt, the white
// space between the consistency's hashes, signature lines that no asked key wrote.
func meansTheSame(name string, before, after []byte) bool {
	if bytes.Equal(before, after) {
		return true
	}
	switch name {
	case "key":
		return keyParts(before) == keyParts(after)
	case "consistency":
		return strings.Join(strings.Fields(string(before)), " ") == strings.Join(strings.Fields(string(after)), " ")
	}
	return sameSignature(before, after)
}

func keyParts(data []byte) string {
	name, rest, _ := strings.Cut(strings.TrimSpace(string(data)), "+")
	number, encoded, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(encoded)
	return fmt.Sprintf("%s+%s+%x %v", name, strings.ToLower(number), key, err)
}

// sameSignature tells a checkpoint whose log signature still holds: only a line of a key that nobody asked was touched,
// or a base64 text that stands for the same bytes.
func sameSignature(before, after []byte) bool {
	textBefore, linesBefore, okBefore := strings.Cut(string(before), "\n\n— ")
	textAfter, linesAfter, okAfter := strings.Cut(string(after), "\n\n— ")
	if !okBefore || !okAfter || textBefore != textAfter {
		return false
	}
	first := func(lines string) string {
		line, _, _ := strings.Cut(lines, "\n")
		_, encoded, _ := strings.Cut(line, " ")
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return "unreadable"
		}
		return string(data)
	}
	return first(linesBefore) == first(linesAfter)
}

func main() {
	count := flag.Int("mutate", 0, "changed copies that must be refused")
	seed := flag.Int64("seed", 1, "of the dice that change them")
	flag.Parse()
	files, err := load(flag.Arg(0))
	if err == nil {
		err = verify(files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	var names []string
	for name, data := range files {
		if len(data) > 0 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	dice := rand.New(rand.NewSource(*seed))
	for number := 0; number < *count; number++ {
		changed, how := mutate(files, names, dice)
		if verify(changed) == nil {
			fmt.Fprintln(os.Stderr, "accepted a changed copy:", how)
			os.Exit(1)
		}
	}
	fmt.Printf("accepted; %d changed copies refused\n", *count)
}
