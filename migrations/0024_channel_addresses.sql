-- An address is unique among the channels of one app, and among those without an app; not among all of a company.
DROP INDEX channels_address;
CREATE UNIQUE INDEX channels_own_address ON channels (company, address) WHERE app IS NULL;
CREATE UNIQUE INDEX channels_app_address ON channels (company, app, address) WHERE app IS NOT NULL;
