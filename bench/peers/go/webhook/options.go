package main

import (
	"slices"
	"strings"
)

// spellings maps options that contradict each other to one key.
var spellings = map[string]string{"vers": "nfsvers", "soft": "hard", "softerr": "hard", "noac": "ac", "relatime": "atime", "noatime": "atime"}

func optionKey(option string) string {
	name, _, _ := strings.Cut(option, "=")
	if key, found := spellings[name]; found {
		return key
	}
	return name
}

// effectiveOptions lays the claim's allowed requests over the profile's options; refused are those it may not ask for.
func effectiveOptions(profile *Profile, request string) (options []string, refused []string) {
	options = slices.Clone(profile.MountOptions)
	for _, asked := range strings.Split(request, ",") {
		asked = strings.TrimSpace(asked)
		if asked == "" {
			continue
		}
		name, _, _ := strings.Cut(asked, "=")
		if !slices.Contains(profile.AllowedMountOptions, name) {
			refused = append(refused, asked)
			continue
		}
		options = layOver(options, asked)
	}
	return options, refused
}

func layOver(options []string, option string) []string {
	key := optionKey(option)
	for i := range options {
		if optionKey(options[i]) == key {
			options[i] = option
			return options
		}
	}
	return append(options, option)
}
