package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
)

// AWS is the bulk price list of Amazon EC2: the offer index names the region index, and that a list per region. No
// credentials are needed. The zero value reads every region, in the order of their codes.
type AWS struct {
	HTTP    HTTP
	BaseURL string   // "" = https://pricing.us-east-1.amazonaws.com
	Regions []string // codes of the regions to read, such as "eu-west-1"; none = all of the index
	JSON    bool     // reads the lists as JSON, which needs memory for the products; false = as CSV, which does not
}

// Name is the base URL.
func (a AWS) Name() string { return bare(a.base()) }

func (a AWS) base() string {
	if a.BaseURL == "" {
		return "https://pricing.us-east-1.amazonaws.com"
	}
	return a.BaseURL
}

// Rows reads the indexes, then list after list. A region that is asked for and is not in the index is an error.
func (a AWS) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return a.HTTP.session(ctx, a.base(), func(f *fetcher, s *sink) {
		lists, err := a.lists(ctx, f)
		if err != nil {
			s.fail(err)
			return
		}
		for _, list := range lists {
			format := AWSJSON
			if !a.JSON {
				format, list = AWSCSV, strings.TrimSuffix(list, ".json")+".csv"
			}
			if !f.read(s, list, format) {
				return
			}
		}
	})
}

// lists gives the URL of the JSON list of each region.
func (a AWS) lists(ctx context.Context, f *fetcher) ([]string, error) {
	var offers struct {
		Offers map[string]struct {
			Regions string `json:"currentRegionIndexUrl"`
		} `json:"offers"`
	}
	if err := f.small(ctx, "/offers/v1.0/aws/index.json", &offers); err != nil {
		return nil, err
	}
	index := offers.Offers["AmazonEC2"].Regions
	if index == "" {
		return nil, errors.New("the offer index has no AmazonEC2 with a currentRegionIndexUrl")
	}
	var regions struct {
		Regions map[string]struct {
			List string `json:"currentVersionUrl"`
		} `json:"regions"`
	}
	if err := f.small(ctx, index, &regions); err != nil {
		return nil, err
	}
	codes := a.Regions
	if len(codes) == 0 {
		codes = slices.Sorted(maps.Keys(regions.Regions))
	}
	var lists []string
	for _, code := range codes {
		list := regions.Regions[code].List
		if list == "" {
			return nil, fmt.Errorf("the region index has no list for %q", clip(code))
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil, errors.New("the region index is empty")
	}
	return lists, nil
}

// small decodes a document that is held in memory whole.
func (f *fetcher) small(ctx context.Context, ref string, into any) error {
	body, name, err := f.get(ctx, ref)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := newDocument(io.LimitReader(body, maxRow)).value(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// awsTitles are the codes of regions by the title under which older price lists name them
// (https://docs.aws.amazon.com/general/latest/gr/rande.html).
func awsTitles() map[string]string {
	return map[string]string{
		"US East (N. Virginia)":     "us-east-1",
		"US East (Ohio)":            "us-east-2",
		"US West (N. California)":   "us-west-1",
		"US West (Oregon)":          "us-west-2",
		"AWS GovCloud (US-East)":    "us-gov-east-1",
		"AWS GovCloud (US-West)":    "us-gov-west-1",
		"AWS GovCloud (US)":         "us-gov-west-1",
		"Canada (Central)":          "ca-central-1",
		"Canada West (Calgary)":     "ca-west-1",
		"Mexico (Central)":          "mx-central-1",
		"South America (Sao Paulo)": "sa-east-1",
		"EU (Ireland)":              "eu-west-1",
		"Europe (Ireland)":          "eu-west-1",
		"EU (London)":               "eu-west-2",
		"Europe (London)":           "eu-west-2",
		"EU (Paris)":                "eu-west-3",
		"Europe (Paris)":            "eu-west-3",
		"EU (Frankfurt)":            "eu-central-1",
		"Europe (Frankfurt)":        "eu-central-1",
		"Europe (Zurich)":           "eu-central-2",
		"EU (Milan)":                "eu-south-1",
		"Europe (Milan)":            "eu-south-1",
		"Europe (Spain)":            "eu-south-2",
		"EU (Stockholm)":            "eu-north-1",
		"Europe (Stockholm)":        "eu-north-1",
		"Africa (Cape Town)":        "af-south-1",
		"Middle East (Bahrain)":     "me-south-1",
		"Middle East (UAE)":         "me-central-1",
		"Israel (Tel Aviv)":         "il-central-1",
		"Asia Pacific (Mumbai)":     "ap-south-1",
		"Asia Pacific (Hyderabad)":  "ap-south-2",
		"Asia Pacific (Singapore)":  "ap-southeast-1",
		"Asia Pacific (Sydney)":     "ap-southeast-2",
		"Asia Pacific (Jakarta)":    "ap-southeast-3",
		"Asia Pacific (Melbourne)":  "ap-southeast-4",
		"Asia Pacific (Malaysia)":   "ap-southeast-5",
		"Asia Pacific (Thailand)":   "ap-southeast-7",
		"Asia Pacific (Tokyo)":      "ap-northeast-1",
		"Asia Pacific (Seoul)":      "ap-northeast-2",
		"Asia Pacific (Osaka)":      "ap-northeast-3",
		"Asia Pacific (Hong Kong)":  "ap-east-1",
		"Asia Pacific (Taipei)":     "ap-east-2",
	}
}
